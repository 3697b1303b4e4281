import { Button, Group, Skeleton, Stack, Table, Title, VisuallyHidden } from '@mantine/core';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useText } from '../text';
import { Empty, Num, Problem } from '../ui';
import { startOf } from './format';
import { useKeySeries } from './queries';
import { seriesOf, stepOf, totalOf, type Point, type Range } from './usage';

const UsageChart = lazy(() => import('./UsageChart'));

// CallsOverTime is a chart, or the same numbers as a table. Screen readers have
// the table always.
export function CallsOverTime({ range }: { range: Range }) {
  const t = useText().apikey.usage;
  const query = useKeySeries(range);
  const [asTable, setAsTable] = useState(false);
  const points = useMemo(() => query.data && seriesOf(query.data.items, query.data.range, query.data.now), [query.data]);
  const shown = query.data?.range ?? range;
  const total = totalOf(points ?? []);
  const table = points && <PointTable points={points} range={shown} />;
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={4} size="h5">
          {t.over}
        </Title>
        {total > 0 && (
          <Button variant="default" size="compact-sm" onClick={() => setAsTable(!asTable)}>
            {asTable ? t.showChart : t.showTable}
          </Button>
        )}
      </Group>
      {query.isError && <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />}
      {query.isPending && <Skeleton height={220} />}
      {points && total === 0 && <Empty title={t.empty} text={t.emptyText} />}
      {points && total > 0 && asTable && (
        <Table.ScrollContainer minWidth={0} maxHeight={320} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          {table}
        </Table.ScrollContainer>
      )}
      {points && total > 0 && !asTable && (
        <>
          <div role="img" aria-label={t.chart(total.toLocaleString(), t.ranges[shown])}>
            <Suspense fallback={<Skeleton height={220} />}>
              <UsageChart points={points} by={stepOf(shown)} />
            </Suspense>
          </div>
          <VisuallyHidden>{table}</VisuallyHidden>
        </>
      )}
    </Stack>
  );
}

function PointTable({ points, range }: { points: Point[]; range: Range }) {
  const t = useText().apikey.usage;
  const by = stepOf(range);
  return (
    <Table stickyHeader fz="sm">
      <Table.Caption>{t.table(t.ranges[range])}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t.start[by]}</Table.Th>
          <Table.Th scope="col">{t.calls}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {points.map((p) => (
          <Table.Tr key={p.start}>
            <Table.Td>{startOf(p.start, by)}</Table.Td>
            <Table.Td>
              <Num value={p.calls} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
