import { Button, Group, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../../text';
import type { Imported, ImportRow } from '../types';
import { Alike } from './Proposals';
import type { Choices } from './queries';

const step = 25; // rows that are shown more

export const results = ['new', 'changed', 'same', 'merged', 'skipped'] as const;

interface Props {
  same: Choices;
  onSame?: (same: Choices) => void; // not there when it is decided
}

const proposed = 'proposed'; // the rows that may be somebody who is known

// RowTable is what became, or would become, of each row.
export function RowTable({ result, same, onSame }: Props & { result: Imported }) {
  const t = useText().importFile;
  const [only, setOnly] = useState('all');
  const [most, setMost] = useState(step);
  const rows = only === 'all' ? result.rows : result.rows.filter((row) => (only === proposed ? row.alike : row.result === only));
  const choices = [
    { value: 'all', label: t.all(result.rows.length) },
    ...results.filter((name) => result[name] > 0).map((name) => ({ value: name, label: t.only(t.results[name], result[name]) })),
    ...(onSame && result.proposed > 0 ? [{ value: proposed, label: t.onlyProposed(result.proposed) }] : []),
  ];
  const choose = (value: string) => {
    setOnly(value);
    setMost(step);
  };
  return (
    <Stack gap="xs">
      <div style={{ overflowX: 'auto' }}>
        <SegmentedControl aria-label={t.show} size="xs" value={only} onChange={choose} data={choices} />
      </div>
      {rows.length === 0 ? (
        <Text size="sm">{t.none}</Text>
      ) : (
        <Table.ScrollContainer minWidth={560}>
          <Table fz="sm" verticalSpacing={4} aria-label={t.rows}>
            <Table.Thead>
              <Table.Tr>
                {[t.line, t.result, t.person, t.job, t.since, t.notes].map((name) => (
                  <Table.Th key={name} scope="col">
                    {name}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.slice(0, most).map((row) => (
                <Row key={row.line} row={row} same={same} onSame={onSame} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {rows.length > most && (
        <Group justify="center">
          <Button size="compact-sm" variant="default" onClick={() => setMost(most + step * 4)}>
            {t.more(rows.length - most)}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Row({ row, same, onSame }: Props & { row: ImportRow }) {
  const t = useText().importFile;
  const notes = [...(row.sameAs ? [t.sameAs(row.sameAs)] : []), ...(row.notes ?? [])];
  return (
    <Table.Tr>
      <Table.Td>{row.line}</Table.Td>
      <Table.Td>{t.results[row.result]}</Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {[row.firstName, row.lastName].filter(Boolean).join(' ')}
        {row.email && <div>{row.email}</div>}
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>{[row.title, row.company].filter(Boolean).join(', ')}</Table.Td>
      <Table.Td>{row.since}</Table.Td>
      <Table.Td>
        {notes.join('; ')}
        {onSame && <Alike row={row} same={same} onSame={onSame} />}
      </Table.Td>
    </Table.Tr>
  );
}
