import { Button, Group, SimpleGrid, Skeleton, Stack, Table, Text } from '@mantine/core';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useText } from '../../text';
import { absolute, Dash, Empty, Figure, Num, Problem, When } from '../../ui';
import type { Webhook } from '../queries';
import { percent, pointsOf, type Point, type Statistics } from './health';
import { useStatistics } from './queries';
import { Section } from './Section';

const HealthChart = lazy(() => import('./HealthChart'));

// HealthCard is how the tries of the last 24 hours ended.
export function HealthCard({ webhook }: { webhook: Webhook }) {
  const t = useText().webhookPage.health;
  const query = useStatistics(webhook.id);
  const statistics = query.data;
  return (
    <Section title={t.title} text={t.window}>
      <Stack gap="md">
        <Figures statistics={statistics} />
        {statistics?.sampled && (
          <Text size="sm" c="dimmed" component="div">
            {t.sampled} <When at={statistics.since} />
          </Text>
        )}
        <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />
        {query.isPending && <Skeleton height={200} />}
        {statistics && (statistics.attempts > 0 ? <Hours hours={statistics.hours} /> : <Empty title={t.none} text={t.noneText} />)}
      </Stack>
    </Section>
  );
}

function Figures({ statistics: s }: { statistics: Statistics | undefined }) {
  const t = useText();
  const words = t.webhookPage.health;
  const time = (ms: number | undefined) => (ms === undefined ? <Dash /> : t.webhook.duration(ms));
  const share = s?.successShare;
  return (
    <SimpleGrid component="dl" m={0} cols={{ base: 2, sm: 4 }}>
      <Figure name={words.share} note={s && s.attempts > 0 ? words.shareText(s.attempts - s.failures, s.attempts) : ''}>
        {share === undefined ? <Dash /> : percent(share)}
      </Figure>
      <Figure name={words.p50} note={words.time}>
        {time(s?.p50Ms)}
      </Figure>
      <Figure name={words.p95} note={words.time}>
        {time(s?.p95Ms)}
      </Figure>
      <Figure name={words.tries}>
        <Num value={s?.attempts} />
      </Figure>
    </SimpleGrid>
  );
}

// Hours is the chart, or the same figures as a table.
function Hours({ hours }: { hours: Statistics['hours'] }) {
  const t = useText().webhookPage.health;
  const [table, setTable] = useState(false);
  const points = useMemo(() => pointsOf(hours), [hours]);
  return (
    <Stack gap="xs">
      {table ? (
        <HourTable points={points} />
      ) : (
        <Suspense fallback={<Skeleton height={200} />}>
          <HealthChart points={points} />
        </Suspense>
      )}
      <Group justify="flex-end">
        <Button size="compact-sm" variant="default" onClick={() => setTable(!table)}>
          {table ? t.showChart : t.showTable}
        </Button>
      </Group>
    </Stack>
  );
}

function HourTable({ points }: { points: Point[] }) {
  const t = useText().webhookPage.health;
  return (
    <Table fz="sm" verticalSpacing={4}>
      <Table.Caption>{t.chart}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t.hour}</Table.Th>
          <Table.Th scope="col" ta="right">
            {t.succeeded}
          </Table.Th>
          <Table.Th scope="col" ta="right">
            {t.failed}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...points].reverse().map((point) => (
          <Table.Tr key={point.start}>
            <Table.Th scope="row" fw={400}>
              <time dateTime={point.start} title={absolute(new Date(point.start))}>
                {point.hour}
              </time>
            </Table.Th>
            <Table.Td ta="right">
              <Num value={point.succeeded} />
            </Table.Td>
            <Table.Td ta="right">
              <Num value={point.failed} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
