import { Button, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useId, useState } from 'react';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Confirm, Figure, Icon, Num, Problem } from '../../ui';
import { useSettleHeld, useWaiting, type Webhook } from '../queries';
import { Reason, Section } from './Section';

// WaitingCard counts what is pending and held, and settles what is held: both
// roles send, a system administrator discards too.
export function WaitingCard({ webhook }: { webhook: Webhook }) {
  const t = useText().webhookPage.waiting;
  const session = useSession();
  const waiting = useWaiting(webhook.id);
  const send = useSettleHeld();
  const discard = useSettleHeld();
  const [asking, setAsking] = useState(false);
  const why = useId();
  const { pending, held = 0 } = waiting.data ?? {};
  const mayDiscard = session.can('delivery.discard');

  const sendAll = () =>
    send.mutate(
      { id: webhook.id, action: 'send' },
      { onSuccess: ({ deliveries }) => notifications.show({ color: 'green', message: t.sent(deliveries) }) },
    );
  const discardAll = () =>
    discard.mutate(
      { id: webhook.id, action: 'discard' },
      {
        onSuccess: ({ deliveries }) => {
          setAsking(false);
          notifications.show({ message: t.discarded(deliveries) });
        },
      },
    );
  return (
    <Section title={t.title}>
      <Stack gap="sm">
        <SimpleGrid component="dl" m={0} cols={2}>
          <Figure name={t.pending} note={t.pendingText}>
            <Num value={pending} />
          </Figure>
          <Figure name={t.held} note={t.heldText}>
            <Num value={waiting.data?.held} />
          </Figure>
        </SimpleGrid>
        {held > 0 ? (
          <>
            <Text size="sm">{t.why}</Text>
            <Group gap="xs">
              <Button
                leftSection={<Icon name="send" />}
                disabled={!webhook.enabled || !session.can('delivery.send')}
                aria-describedby={webhook.enabled ? undefined : why}
                loading={send.isPending}
                onClick={sendAll}
              >
                {t.send(held)}
              </Button>
              <Button variant="default" disabled={!mayDiscard} aria-describedby={mayDiscard ? undefined : `${why}-discard`} onClick={() => setAsking(true)}>
                {t.discard}
              </Button>
            </Group>
            {!webhook.enabled && <Reason id={why}>{t.off}</Reason>}
            {!mayDiscard && <Reason id={`${why}-discard`}>{t.discardForbidden}</Reason>}
            <Reason>{t.retention}</Reason>
          </>
        ) : (
          waiting.data && <Reason>{t.none}</Reason>
        )}
        <Problem error={waiting.error} onRetry={() => void waiting.refetch()} retrying={waiting.isFetching} />
        <Problem error={send.error} onRetry={sendAll} retrying={send.isPending} />
      </Stack>
      <Confirm
        opened={asking}
        title={t.discardTitle(held)}
        consequence={t.discardText(held, webhook.url)}
        confirmLabel={t.discard}
        destructive
        busy={discard.isPending}
        error={discard.error}
        onConfirm={discardAll}
        onClose={() => {
          discard.reset();
          setAsking(false);
        }}
      />
    </Section>
  );
}
