import { Box, Card, Group, Text, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

interface Props {
  title: string;
  text?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}

// Section is one subject of the page, with its name as a landmark.
export function Section({ title, text, actions, children }: Props) {
  const id = useId();
  return (
    <Card component="section" withBorder p={{ base: 'md', sm: 'lg' }} aria-labelledby={id}>
      <Group justify="space-between" align="flex-start" gap="xs" mb={children ? 'sm' : undefined}>
        <Box flex="1 1 14rem" miw={0}>
          <Title order={2} size="h4" id={id}>
            {title}
          </Title>
          {text && (
            <Text size="sm" c="dimmed" mt={2} component="div">
              {text}
            </Text>
          )}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Card>
  );
}

// Reason says beside a disabled control why it is, and who can.
export function Reason({ id, children }: { id?: string; children: ReactNode }) {
  return (
    <Text id={id} size="sm" c="dimmed">
      {children}
    </Text>
  );
}
