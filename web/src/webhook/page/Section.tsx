import { Card, Stack, Text } from '@mantine/core';
import { useId, type ReactNode } from 'react';
import { Head } from '../../ui';

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
      <Stack gap="sm">
        <Head order={2} size="h4" id={id} title={title} text={text} actions={actions} />
        {children}
      </Stack>
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
