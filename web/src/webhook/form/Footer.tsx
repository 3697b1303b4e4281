import { Button, Group, Loader, Text } from '@mantine/core';
import { useText } from '../../text';

interface Props {
  busy: boolean;
  busyText: string;
  label: string;
  onCancel: () => void;
}

// Footer stays at the bottom of the modal, so that nothing above moves the
// button away from under a pointer.
export function Footer({ busy, busyText, label, onCancel }: Props) {
  const t = useText();
  return (
    <Group
      justify="flex-end"
      gap="xs"
      py="sm"
      pos="sticky"
      bottom={0}
      bg="var(--mantine-color-body)"
      style={{ borderTop: '1px solid var(--mantine-color-default-border)', zIndex: 1 }}
    >
      <Text size="sm" c="dimmed" role="status" flex={1}>
        {busy && busyText}
      </Text>
      <Button variant="default" onClick={onCancel}>
        {t.shell.cancel}
      </Button>
      {/* A button that is disabled while it has the focus loses it. */}
      <Button type="submit" color="blue" aria-disabled={busy || undefined} leftSection={busy && <Loader size={14} color="white" aria-hidden />}>
        {label}
      </Button>
    </Group>
  );
}
