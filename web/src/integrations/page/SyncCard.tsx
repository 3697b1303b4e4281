import { Button, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useText } from '../../text';
import { Icon, parse, Problem, useNow, When } from '../../ui';
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
  const run = (full: boolean) => start.mutate({ slug, full }, { onSuccess: () => void notifications.show({ color: 'blue', message: words.started }) });
  const facts: [string, React.ReactNode][] = [[t.integrationPage.settings.interval, words.interval(t.integrations.span(sync.everySeconds * 1_000))]];
  if (sync.due && enabled && !sync.running) facts.push([words.due, <When key="due" at={sync.due} />]);
  const records = sync.records.filter(({ count }) => count > 0);
  if (records.length > 0) facts.push([words.records, records.map(({ kind, count }) => words.kinds[kind](count)).join(', ')]);
  return (
    <Section
      title={words.title}
      text={<Freshness detail={detail} />}
      actions={
        <Button variant="default" leftSection={<Icon name="refresh" />} loading={busy} disabled={!enabled} onClick={() => run(false)}>
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
        <Group gap="xs">
          <Button size="compact-sm" variant="subtle" disabled={busy || !enabled} onClick={() => run(true)} aria-description={words.fullText}>
            {words.full}
          </Button>
          <Text size="sm" c="dimmed" flex="1 1 12rem">
            {words.fullText}
          </Text>
        </Group>
      </Stack>
    </Section>
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
