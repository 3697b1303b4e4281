import { Box, Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  order: 1 | 2 | 3; // level of the heading
  size: 'h2' | 'h3' | 'h4' | 'h5';
  id?: string; // of the heading
  title: ReactNode;
  text?: ReactNode;
  actions?: ReactNode;
}

// Head is a heading, what it is about below it, and beside it what can be done.
export function Head({ order, size, id, title, text, actions }: Props) {
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <Box flex="1 1 14rem" miw={0}>
        <Title order={order} size={size} id={id} style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Title>
        {text && (
          <Text component="div" size="sm" c="dimmed" mt={2}>
            {text}
          </Text>
        )}
      </Box>
      {actions && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
