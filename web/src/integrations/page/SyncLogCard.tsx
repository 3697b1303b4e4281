import { Badge, Group, Stack, Table, Text } from '@mantine/core';
import { Fragment, useState } from 'react';
import { useText } from '../../text';
import { Empty, Num, Older, Problem, Rows, When } from '../../ui';
import { Section } from '../../webhook/page/Section';
import { MoreToggle } from '../parts/MoreToggle';
import { isPlain, RunTrouble } from '../parts/RunProgress';
import type { Run } from '../types';
import { useSyncs } from './queries';

// SyncLogCard is what each sync read and changed, and why one stopped.
export function SyncLogCard({ slug }: { slug: string }) {
  const t = useText().integrationPage.log;
  const query = useSyncs(slug);
  const runs = query.data?.pages.flatMap((page) => page.items);
  return (
    <Section title={t.title}>
      <Stack gap="sm">
        <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />
        {query.isPending && <Rows n={4} />}
        {runs && runs.length === 0 && <Empty title={t.none} text={t.noneText} />}
        {runs && runs.length > 0 && <Runs runs={runs} />}
        <Older query={query} label={t.older} />
      </Stack>
    </Section>
  );
}

const colors: Record<Run['state'], string> = { running: 'blue', succeeded: 'green', failed: 'red', interrupted: 'yellow', partial: 'yellow' };
const figures = ['read', 'created', 'changed', 'removed', 'skipped'] as const;

function Runs({ runs }: { runs: readonly Run[] }) {
  const t = useText().integrationPage;
  const words = t.run;
  return (
    <Table.ScrollContainer minWidth={720}>
      <Table fz="sm" verticalSpacing={4} aria-label={t.log.title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words.columns.when}</Table.Th>
            <Table.Th scope="col">{words.columns.state}</Table.Th>
            <Table.Th scope="col">{words.columns.why}</Table.Th>
            {figures.map((name) => (
              <Table.Th key={name} scope="col" ta="right">
                {words.columns[name]}
              </Table.Th>
            ))}
            <Table.Th scope="col" ta="right">
              {words.columns.took}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Row key={run.id} run={run} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row({ run }: { run: Run }) {
  const t = useText();
  const words = t.integrationPage.run;
  const more = !isPlain(run);
  const [opened, setOpened] = useState(false);
  const id = `sync-${run.id}`;
  return (
    <Fragment>
      <Table.Tr>
        <Table.Td>
          <When at={run.startedAt} />
        </Table.Td>
        <Table.Td>
          <Group gap={4} wrap="nowrap">
            <Badge variant="dot" color={colors[run.state]} tt="none" fw={500} size="sm">
              {words.states[run.state] ?? run.state}
            </Badge>
            {more && <MoreToggle opened={opened} controls={id} label={t.integrationPage.log.details(run.startedAt)} onToggle={() => setOpened(!opened)} />}
          </Group>
        </Table.Td>
        <Table.Td>
          {words.triggers[run.trigger] ?? run.trigger}
          {run.kind === 'first' && `, ${words.first}`}
        </Table.Td>
        {figures.map((name) => (
          <Table.Td key={name} ta="right">
            <Num value={run[name]} />
          </Table.Td>
        ))}
        <Table.Td ta="right">{run.state === 'running' ? '' : t.webhook.duration(run.durationMs)}</Table.Td>
      </Table.Tr>
      {more && opened && (
        <Table.Tr id={id}>
          <Table.Td colSpan={figures.length + 4}>
            <Text component="div" size="sm">
              <RunTrouble run={run} />
            </Text>
          </Table.Td>
        </Table.Tr>
      )}
    </Fragment>
  );
}
