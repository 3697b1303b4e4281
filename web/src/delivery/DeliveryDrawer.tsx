import { Accordion, Anchor, Drawer, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useText } from '../text';
import { AboveContext, Address, CopyButton, CopyId, Icon, Problem, Rows, StatusBadge, useBelow, useNow, When } from '../ui';
import { useWebhooks } from '../webhook/queries';
import { Attempt } from './Attempt';
import { Fact, Facts } from './Facts';
import { useOpenDelivery } from './link';
import { Note } from './Note';
import { useDelivery, type DeliveryDetail } from './queries';
import { RetryButton } from './RetryButton';
import { stateWords } from './words';

// DeliveryDrawer shows the delivery that the address names.
export function DeliveryDrawer() {
  const t = useText();
  const { id, close } = useOpenDelivery();
  const { tell, uppermost } = useBelow(); // a retry of what was delivered asks above it
  const [shown, setShown] = useState(id); // stays while the drawer slides away
  if (id && id !== shown) setShown(id);
  return (
    <Drawer
      opened={id !== ''}
      onClose={close}
      closeOnEscape={uppermost}
      position="right"
      size="min(44rem, 100%)"
      title={t.delivery.drawer.title}
      attributes={{ header: { role: 'none' } }}
      closeButtonProps={{ 'aria-label': t.delivery.drawer.close }}
    >
      <AboveContext value={tell}>{shown && <Content id={shown} />}</AboveContext>
    </Drawer>
  );
}

function Content({ id }: { id: string }) {
  const query = useDelivery(id);
  if (query.data) {
    return (
      <Stack gap="lg">
        <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />
        <Summary delivery={query.data} />
        <Attempts delivery={query.data} />
      </Stack>
    );
  }
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />;
  return <Rows n={8} />;
}

function Summary({ delivery }: { delivery: DeliveryDetail }) {
  const t = useText();
  const words = t.delivery.drawer;
  const now = useNow();
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <StatusBadge status={delivery.state} />
        <Title order={3} size="h4">
          {delivery.eventType}
        </Title>
      </Group>
      <Text size="sm" aria-live="polite">
        {stateWords(delivery, new Date(now), t)}
      </Text>
      {delivery.guidance && (
        <Note color="orange" title={words.whatToDo} icon={<Icon name="alert" />}>
          <Text size="sm">{delivery.guidance}</Text>
        </Note>
      )}
      <RetryButton delivery={delivery} />
      <Facts>
        <Fact name={words.webhook}>
          <Webhook delivery={delivery} />
        </Fact>
        <Fact name={words.event}>
          <Group gap={2} wrap="nowrap">
            <Anchor component={Link} to={`/settings/events/${delivery.eventId}`} size="xs" ff="monospace">
              {delivery.eventId}
            </Anchor>
            <CopyButton value={delivery.eventId} label={words.copyEvent} />
          </Group>
        </Fact>
        <Fact name={words.id}>
          <CopyId value={delivery.id} label={words.copyId} />
        </Fact>
        <Fact name={words.accepted}>
          <When at={delivery.created} />
        </Fact>
        <Fact name={words.changed}>
          <When at={delivery.updated} />
        </Fact>
        {delivery.nextAttempt && (
          <Fact name={words.next}>
            <When at={delivery.nextAttempt} />
          </Fact>
        )}
      </Facts>
    </Stack>
  );
}

// Webhook leads to its page, unless it is known to be deleted.
function Webhook({ delivery }: { delivery: DeliveryDetail }) {
  const t = useText();
  const all = useWebhooks().data?.activeWebhooks;
  if (all && !all.some((w) => w.id === delivery.webhookId)) {
    return (
      <>
        <Address url={delivery.webhookUrl} /> ({t.delivery.drawer.deletedWebhook})
      </>
    );
  }
  return (
    <Anchor component={Link} to={`/settings/webhooks/${delivery.webhookId}`} size="sm">
      <Address url={delivery.webhookUrl} />
    </Anchor>
  );
}

// Attempts is the log, newest first. What somebody has opened stays open.
function Attempts({ delivery }: { delivery: DeliveryDetail }) {
  const t = useText();
  const words = t.delivery.drawer;
  const log = [...delivery.attemptLog].reverse();
  const [open, setOpen] = useState<string[] | null>(null);
  const newest = log[0];
  return (
    <section>
      <Title order={3} size="h5" mb="xs">
        {words.attempts}
      </Title>
      {newest ? (
        <Accordion multiple order={4} variant="contained" value={open ?? [newest.id]} onChange={setOpen}>
          {log.map((attempt) => (
            <Attempt key={attempt.id} attempt={attempt} />
          ))}
        </Accordion>
      ) : (
        <Text size="sm" c="dimmed">
          {delivery.attempts > 0 ? words.olderAttempts : words.noAttempts}
        </Text>
      )}
    </section>
  );
}
