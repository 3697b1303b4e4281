import { Center, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  title: string;
  text: ReactNode;
  action?: ReactNode;
}

// Empty says why there is nothing and what to do about it.
export function Empty({ title, text, action }: Props) {
  return (
    <Center py="xl" px="md">
      <Stack gap="xs" align="center" maw="32rem" ta="center">
        <Text fw={600}>{title}</Text>
        <Text component="div" size="sm" c="dimmed">
          {text}
        </Text>
        {action}
      </Stack>
    </Center>
  );
}
