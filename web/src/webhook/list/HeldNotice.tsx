import { Alert, Button, Group, Text, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Confirm, Problem } from '../../ui';
import { useSettleHeld, useWaiting } from '../queries';

interface Props {
  id: string;
  url: string;
  onDone: () => void;
}

// HeldNotice offers what came while nothing was sent to a webhook that is on
// again. It blocks nothing.
export function HeldNotice({ id, url, onDone }: Props) {
  const t = useText().webhook.held;
  const may = useSession().can('delivery.discard');
  const held = useWaiting(id).data?.held ?? 0;
  const settle = useSettleHeld();
  const [asking, setAsking] = useState(false);
  if (held === 0) return null;

  const run = (action: 'send' | 'discard') =>
    settle.mutate(
      { id, action },
      {
        onSuccess: ({ deliveries }) => {
          setAsking(false);
          notifications.show({ color: 'green', message: action === 'send' ? t.sent(deliveries) : t.discarded(deliveries) });
          onDone();
        },
      },
    );
  return (
    <Alert color="blue" p="xs" role="status">
      <Group justify="space-between" gap="xs">
        <Text size="sm">{t.notice(held)}</Text>
        <Group gap="xs">
          <Button size="compact-sm" loading={settle.isPending && settle.variables.action === 'send'} onClick={() => run('send')}>
            {t.send(held)}
          </Button>
          <Tooltip label={t.discardNotAllowed} disabled={may} events={{ hover: true, focus: true, touch: true }}>
            <Button
              size="compact-sm"
              variant="default"
              data-disabled={!may || undefined}
              aria-disabled={!may || undefined}
              aria-description={may ? undefined : t.discardNotAllowed}
              onClick={() => may && setAsking(true)}
            >
              {t.discard}
            </Button>
          </Tooltip>
          <Button size="compact-sm" variant="subtle" color="gray" onClick={onDone}>
            {t.later}
          </Button>
        </Group>
      </Group>
      {!asking && <Problem error={settle.error} onRetry={() => settle.variables && run(settle.variables.action)} />}
      <Confirm
        opened={asking}
        title={t.discardTitle}
        consequence={t.discardText(held, url)}
        confirmLabel={t.discardConfirm}
        destructive
        busy={settle.isPending}
        error={settle.error}
        onConfirm={() => run('discard')}
        onClose={() => setAsking(false)}
      />
    </Alert>
  );
}
