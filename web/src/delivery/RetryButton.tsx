import { Button, Stack, Text, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../text';
import { Confirm, Icon, Problem, tellFailure } from '../ui';
import { useWebhooks } from '../webhook/queries';
import { useRetry } from './queries';
import type { Delivery } from './words';

interface Props {
  delivery: Pick<Delivery, 'id' | 'eventType' | 'webhookId' | 'webhookUrl' | 'state'>;
  compact?: boolean; // in a row: what goes wrong is told by a notification
}

// RetryButton tries a delivery again now. It says beforehand what the server
// would refuse, and asks before a receiver gets a thing twice.
export function RetryButton({ delivery, compact = false }: Props) {
  const t = useText();
  const words = t.delivery.retry;
  const retry = useRetry();
  const [asking, setAsking] = useState(false);
  const why = useWhyNot(delivery.webhookId);

  const run = () =>
    retry.mutate(delivery.id, {
      onSuccess: () => setAsking(false),
      onError: (error) => {
        if (compact) tellFailure(error, t, { onRetry: run });
      },
    });

  const again = delivery.state === 'delivered';
  const button = (
    <Button
      size={compact ? 'compact-sm' : 'sm'}
      variant="default"
      leftSection={<Icon name="retry" />}
      loading={retry.isPending && !asking}
      aria-label={compact ? words.label(delivery.eventType, delivery.webhookUrl) : undefined}
      data-disabled={why ? true : undefined}
      aria-disabled={why ? true : undefined}
      onClick={() => {
        if (!why) return again ? setAsking(true) : run();
      }}
    >
      {words.action}
    </Button>
  );

  return (
    <Stack gap="xs" align="flex-start">
      {why && compact ? (
        <Tooltip label={why} multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
          {button}
        </Tooltip>
      ) : (
        button
      )}
      {why && !compact && (
        <Text size="sm" c="dimmed">
          {why}
        </Text>
      )}
      {!compact && !asking && <Problem error={retry.error} onRetry={why ? undefined : run} retrying={retry.isPending} />}
      <Confirm
        opened={asking}
        title={words.title}
        consequence={words.again}
        confirmLabel={words.confirm}
        busy={retry.isPending}
        error={retry.error}
        onConfirm={run}
        onClose={() => setAsking(false)}
      />
    </Stack>
  );
}

// useWhyNot says why nothing can be sent to a webhook; '' if it can, or if that
// is not known yet.
function useWhyNot(webhookId: string): string {
  const t = useText();
  const webhooks = useWebhooks();
  if (!webhooks.data) return '';
  const webhook = webhooks.data.activeWebhooks.find((w) => w.id === webhookId);
  if (!webhook) return t.delivery.retry.deleted;
  if (webhook.status === 'off') return t.delivery.retry.off;
  if (webhook.status === 'disabled') return t.delivery.retry.disabled;
  return '';
}
