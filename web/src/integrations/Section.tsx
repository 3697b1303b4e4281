import { Stack } from '@mantine/core';
import { useId, type ReactNode } from 'react';
import { Head } from '../ui';

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
      <Head order={2} size="h3" id={heading} title={title} text={subtitle} />
      {children}
    </Stack>
  );
}
