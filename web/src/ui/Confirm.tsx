import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useText } from '../text';
import { useAbove } from './above';
import { Problem } from './Problem';

interface Props {
  opened: boolean;
  title: string;
  consequence?: ReactNode; // what happens, in one sentence
  confirmLabel: string;
  destructive?: boolean;
  busy?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}

// Confirm asks once more. Enter confirms, Esc closes, the focus goes back.
export function Confirm(props: Props) {
  const { opened, title, consequence, confirmLabel, destructive = false, busy = false, error, onConfirm, onClose, children } = props;
  const t = useText();
  useAbove(opened);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation(); // a portal's events reach the form around it
    if (!busy) onConfirm();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <Stack>
          {consequence && (
            <Text component="div" size="sm">
              {consequence}
            </Text>
          )}
          {children}
          <Problem error={error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t.shell.cancel}
            </Button>
            <Button type="submit" color={destructive ? 'red' : undefined} loading={busy} data-autofocus>
              {confirmLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
