import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useText } from '../../text';
import { Confirm, Icon, parse, Problem, useNow, When } from '../../ui';
import { Facts } from '../../system/Part';
import { Section } from '../../webhook/page/Section';
import { RunProgress, RunTrouble } from '../parts/RunProgress';
import type { Detail } from '../types';
import { useSyncNow } from './queries';

// SyncCard says how old the data are, and brings new ones.
export function SyncCard({ detail }: { detail: Detail }) {
  const t = useText();
  const words = t.integrationPage.sync;
  const start = useSyncNow();
  const { slug, sync, enabled } = detail;
  if (!sync) return null;
  const busy = Boolean(sync.running) || start.isPending;
  const run = () => start.mutate({ slug }, { onSuccess: () => void notifications.show({ color: 'blue', message: words.started }) });
  const facts: [string, React.ReactNode][] = [[t.integrationPage.settings.interval, words.interval(t.integrations.interval(sync.everySeconds * 1_000))]];
  if (sync.due && enabled && !sync.running) facts.push([words.due, <When key="due" at={sync.due} />]);
  const records = sync.records.filter(({ count }) => count > 0);
  if (records.length > 0) facts.push([words.records, records.map(({ kind, count }) => words.kinds[kind](count)).join(', ')]);
  return (
    <Section
      title={words.title}
      text={<Freshness detail={detail} />}
      actions={
        <Button variant="default" leftSection={<Icon name="refresh" />} loading={busy} disabled={!enabled} onClick={run}>
          {words.now}
        </Button>
      }
    >
      <Stack gap="sm">
        <Facts facts={facts} />
        {!enabled && <Text size="sm">{words.paused}</Text>}
        {sync.running && (
          <Stack gap="xs" role="status" aria-label={words.running}>
            <Text size="sm" fw={500}>
              {words.running}
            </Text>
            <RunProgress run={sync.running} />
          </Stack>
        )}
        {!sync.running && sync.lastRun && <RunTrouble run={sync.lastRun} />}
        <Problem error={start.error} />
        <ReadAgain slug={slug} disabled={busy || !enabled} />
      </Stack>
    </Section>
  );
}

// ReadAgain reads everything anew, after a question: it takes a while, and may raise
// events.
function ReadAgain({ slug, disabled }: { slug: string; disabled: boolean }) {
  const t = useText().integrationPage.sync;
  const start = useSyncNow();
  const [asking, setAsking] = useState(false);
  const [events, setEvents] = useState(false);
  const close = () => {
    start.reset();
    setEvents(false);
    setAsking(false);
  };
  const run = () =>
    start.mutate(
      { slug, full: true, events },
      {
        onSuccess: () => {
          close();
          notifications.show({ color: 'blue', message: t.started });
        },
      },
    );
  return (
    <Group gap="xs">
      <Button size="compact-sm" variant="default" disabled={disabled} onClick={() => setAsking(true)}>
        {t.full}
      </Button>
      <Confirm
        opened={asking}
        title={t.fullTitle}
        consequence={t.fullText}
        confirmLabel={t.fullConfirm}
        busy={start.isPending}
        error={start.error}
        onConfirm={run}
        onClose={close}
      >
        <Checkbox label={t.fullEvents} description={t.fullEventsText} checked={events} onChange={(event) => setEvents(event.currentTarget.checked)} />
      </Confirm>
    </Group>
  );
}

// Freshness says how old each kind of data is.
function Freshness({ detail }: { detail: Detail }) {
  const t = useText();
  const words = t.integrationPage.sync;
  const now = useNow();
  const last = parse(detail.lastSync);
  if (!last) return words.never;
  const age = t.integrations.span(Math.max(0, now - last.getTime()));
  const kinds = detail.sync?.records.filter(({ count }) => count > 0).map(({ kind }) => words.fresh[kind](age)) ?? [];
  return <span data-freshness>{(kinds.length > 0 ? kinds : [words.fresh.other(age)]).join('. ')}</span>;
}
