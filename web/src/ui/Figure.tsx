import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  name: string;
  note?: string;
  children: ReactNode;
}

// Figure is a number with its name, within a dl.
export function Figure({ name, note, children }: Props) {
  return (
    <div>
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="dd" m={0} fz="xl" fw={600} lh={1.2} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {children}
      </Text>
      {note && (
        <Text component="dd" m={0} size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </div>
  );
}
