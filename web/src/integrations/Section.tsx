import { Box, Stack, Text, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

interface Props {
  title: string;
  subtitle?: string;
  children: ReactNode;
}

// Section is one part of the page, with a heading of its own.
export function Section({ title, subtitle, children }: Props) {
  const heading = useId();
  return (
    <Stack component="section" gap="md" aria-labelledby={heading}>
      <Box>
        <Title order={2} size="h3" id={heading}>
          {title}
        </Title>
        {subtitle && (
          <Text size="sm" c="dimmed">
            {subtitle}
          </Text>
        )}
      </Box>
      {children}
    </Stack>
  );
}
