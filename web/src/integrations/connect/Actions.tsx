import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { useText } from '../../text';

interface Props {
  onNext?: () => void;
  nextLabel?: string;
  busy?: boolean;
  children?: ReactNode; // beside, on the left
}

// Actions are the buttons of a step, the way on at the right.
export function Actions({ onNext, nextLabel, busy = false, children }: Props) {
  const t = useText().connect;
  return (
    <Group justify="space-between" gap="xs" mt="xs">
      <Group gap="xs">{children}</Group>
      {onNext && (
        <Button onClick={onNext} loading={busy} data-autofocus>
          {nextLabel ?? t.next}
        </Button>
      )}
    </Group>
  );
}
