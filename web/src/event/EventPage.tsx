import { Button, Card, Stack, Text, Title } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { DeliveryDrawer } from '../delivery/DeliveryDrawer';
import classes from '../delivery/DeliveryTable.module.css';
import { Fact, Facts } from '../delivery/Facts';
import { indent } from '../delivery/json';
import { ReplayDialog } from '../delivery/ReplayDialog';
import { useSession } from '../session';
import { useText } from '../text';
import { Code, CopyId, PageHeader, Problem, Rows, When } from '../ui';
import { FateRow } from './FateRow';
import { NotSubscribed } from './NotSubscribed';
import { useEvent, type EventDetail, type Fate } from './queries';
import { replayOf } from './why';

export default function EventPage() {
  const t = useText();
  const words = t.event.one;
  const { id = '' } = useParams();
  const query = useEvent(id);
  const back = { to: '/settings/events', label: words.back };
  const problem = <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />;
  if (!query.data) {
    return (
      <>
        <PageHeader title={words.fallback} back={back} />
        {query.error ? problem : <Rows n={8} />}
      </>
    );
  }
  const { event, payload } = query.data;
  return (
    <>
      <PageHeader title={words.title(event.type)} back={back} />
      <Stack gap="xl">
        {problem}
        <EventFacts event={event} />
        <Fates event={event} />
        <Section title={words.payload}>
          <Payload text={payload} />
        </Section>
      </Stack>
      <DeliveryDrawer />
    </>
  );
}

function EventFacts({ event }: { event: EventDetail }) {
  const t = useText();
  const words = t.event.one;
  return (
    <Facts>
      <Fact name={words.id}>
        <CopyId value={event.id} label={words.copyId} />
      </Fact>
      <Fact name={words.accepted}>
        <When at={event.acceptedAt} />
      </Fact>
      <Fact name={words.occurred}>
        <When at={event.occurredAt} />
      </Fact>
      {event.senderId && (
        <Fact name={words.sender}>
          <CopyId value={event.senderId} label={words.copySender} />
        </Fact>
      )}
    </Facts>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      {children}
    </section>
  );
}

// Fates answers for every webhook: where it went, and why it did not.
function Fates({ event }: { event: EventDetail }) {
  const t = useText();
  const words = t.event.one;
  const arrived = event.webhooks.filter((f) => f.state === 'delivered');
  const uninvolved = event.webhooks.filter((f) => f.state === 'not_subscribed');
  const others = event.webhooks.filter((f) => f.state !== 'delivered' && f.state !== 'not_subscribed');
  const [replay, setReplay] = useState({ opened: false, webhookId: '' });
  const onReplay = (fate: Fate) => setReplay({ opened: true, webhookId: fate.webhookId });
  return (
    <>
      <Section title={words.where}>
        {arrived.length > 0 ? <List event={event} fates={arrived} title={words.where} onReplay={onReplay} /> : <Text size="sm">{words.nowhere}</Text>}
      </Section>
      <Section title={words.why}>
        {others.length > 0 && <List event={event} fates={others} title={words.why} onReplay={onReplay} />}
        {others.length === 0 && arrived.length > 0 && <Text size="sm">{uninvolved.length > 0 ? words.everySubscribed : words.everywhere}</Text>}
        {uninvolved.length > 0 && <NotSubscribed event={event} fates={uninvolved} onReplay={onReplay} />}
        {event.webhooks.length === 0 && (
          <Stack gap="xs" align="flex-start">
            <Text size="sm">{words.noWebhooks}</Text>
            <Button variant="default" component={Link} to="/settings/integrations?webhooks=add">
              {words.addWebhook}
            </Button>
          </Stack>
        )}
        {event.webhooksTruncated && (
          <Text size="sm" c="dimmed" mt="sm">
            {words.truncated}
          </Text>
        )}
      </Section>
      <ReplayDialog
        opened={replay.opened}
        proposal={replayOf(event, replay.webhookId)}
        onClose={() => setReplay((now) => ({ ...now, opened: false }))}
      />
    </>
  );
}

interface ListProps {
  event: EventDetail;
  fates: Fate[];
  title: string;
  onReplay: (fate: Fate) => void;
}

function List({ event, fates, title, onReplay }: ListProps) {
  return (
    <ul className={classes.cards} aria-label={title}>
      {fates.map((fate) => (
        <FateRow key={fate.webhookId} event={event} fate={fate} onReplay={() => onReplay(fate)} />
      ))}
    </ul>
  );
}

function Payload({ text }: { text: string | undefined }) {
  const t = useText();
  const words = t.event.one;
  const { can } = useSession();
  if (!can('event.payloads') || text === undefined) {
    return (
      <Card withBorder padding="sm">
        <Text size="sm">{words.hidden}</Text>
      </Card>
    );
  }
  return <Code text={indent(text)} copy={words.copyPayload} />;
}
