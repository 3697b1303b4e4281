import { Button, Group, SegmentedControl, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useText } from '../../text';
import { Empty, Older, Problem, When } from '../../ui';
import { Section } from '../../webhook/page/Section';
import type { HealthItem } from '../types';
import classes from './HealthStrip.module.css';
import { HealthStrip, StripTable } from './HealthStrip';
import { useHealthHistory } from './queries';
import { rangeOf, ranges } from './range';

// HealthCard is how the connection was, as a strip or a table, and each check.
export function HealthCard({ slug }: { slug: string }) {
  const t = useText().integrationPage.history;
  const [search, setSearch] = useSearchParams();
  const range = rangeOf(search.get('health'));
  const query = useHealthHistory(slug, range);
  const [table, setTable] = useState(false);
  const strip = query.data?.pages[0]?.strip;
  const items = query.data?.pages.flatMap((page) => page.items);
  const choose = (value: string) =>
    setSearch(
      (old) => {
        old.set('health', value);
        return old;
      },
      { replace: true, preventScrollReset: true },
    );
  const choice = (
    <SegmentedControl aria-label={t.range} size="xs" value={range} onChange={choose} data={ranges.map((one) => ({ value: one, label: t.ranges[one] ?? one }))} />
  );
  return (
    <Section title={t.title} actions={choice}>
      <Stack gap="md">
        <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />
        {query.isPending && <Skeleton height={60} />}
        {strip && (
          <Stack gap="xs">
            {table ? <StripTable strip={strip} /> : <HealthStrip strip={strip} range={range} />}
            <Group justify="flex-end">
              <Button size="compact-sm" variant="default" onClick={() => setTable(!table)}>
                {table ? t.showStrip : t.showTable}
              </Button>
            </Group>
          </Stack>
        )}
        {items && items.length === 0 && <Empty title={t.none} text={t.noneText} />}
        {items && items.length > 0 && <Checks items={items} />}
        <Older query={query} label={t.older} />
      </Stack>
    </Section>
  );
}

function Checks({ items }: { items: readonly HealthItem[] }) {
  const t = useText();
  const words = t.integrationPage.history;
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table fz="sm" verticalSpacing={4} aria-label={words.list} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words.at}</Table.Th>
            <Table.Th scope="col">{words.result}</Table.Th>
            <Table.Th scope="col">{words.why}</Table.Th>
            <Table.Th scope="col" ta="right">
              {words.took}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={`${item.at} ${item.trigger}`}>
              <Table.Td>
                <When at={item.at} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Text size="sm" fw={item.ok ? undefined : 600} c={item.ok ? undefined : 'red'} inherit={false}>
                  {item.ok ? words.passed : item.detail || item.code || item.class || words.failed}
                </Text>
              </Table.Td>
              <Table.Td>{words.triggers[item.trigger] ?? item.trigger}</Table.Td>
              <Table.Td ta="right">{t.webhook.duration(item.durationMs)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
