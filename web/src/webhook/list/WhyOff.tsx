import { Button, Chip, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useId } from 'react';
import { reasons, useText } from '../../text';
import { useToggleWebhook } from '../queries';

// WhyOff asks why a webhook was switched off, after it is off: nothing waits
// for the answer.
export function WhyOff({ id, onDone }: { id: string; onDone: () => void }) {
  const words = useText();
  const t = words.webhook.why;
  const label = useId();
  const toggle = useToggleWebhook();
  const tell = (reason: string) => {
    const known = reasons.find((r) => r === reason);
    if (!known) return;
    toggle.mutate(
      { id, enabled: false, reason: known },
      {
        onSuccess: () => {
          notifications.show({ color: 'green', message: t.stored });
          onDone();
        },
      },
    );
  };
  return (
    <Stack gap={6} role="group" aria-labelledby={label}>
      <Text size="sm" id={label}>
        {t.question}
      </Text>
      <Group gap={6}>
        <Chip.Group value={toggle.isPending ? (toggle.variables.reason ?? '') : ''} onChange={tell}>
          {reasons.map((reason) => (
            <Chip key={reason} value={reason} size="xs" disabled={toggle.isPending}>
              {words.reason[reason]}
            </Chip>
          ))}
        </Chip.Group>
        <Button size="compact-xs" variant="subtle" color="gray" onClick={onDone}>
          {t.dismiss}
        </Button>
      </Group>
    </Stack>
  );
}
