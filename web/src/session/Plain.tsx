import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useText } from '../text';
import { useTitle } from '../ui';
import { Logo } from '../shell/Logo';

interface Props {
  title: string;
  text?: string;
  children: ReactNode;
}

// Plain is a page without the frame: sign-in and set-up.
export function Plain({ title, text, children }: Props) {
  const t = useText();
  useTitle(title);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w="100%" maw="26rem" gap="lg">
        <Group gap="xs" justify="center">
          <Logo size={28} />
          <Text fw={700} size="lg">
            {t.shell.product}
          </Text>
        </Group>
        <Paper withBorder p="lg" radius="md">
          <Stack>
            <div>
              <Title order={1} size="h3">
                {title}
              </Title>
              {text && (
                <Text size="sm" c="dimmed" mt={4}>
                  {text}
                </Text>
              )}
            </div>
            {children}
          </Stack>
        </Paper>
      </Stack>
    </Center>
  );
}
