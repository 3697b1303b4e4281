import { Stack, Table, Text } from '@mantine/core';
import { useText } from '../../text';
import { Num } from '../../ui';
import { Facts } from '../../system/Part';
import type { Imported } from '../types';
import { results } from './RowTable';

// Columns is the check of the columns: what of the file is used, and as what.
export function Columns({ columns }: Pick<Imported, 'columns'>) {
  const t = useText().importFile;
  const absent = Object.keys(t.fields).filter((field) => !columns.some((column) => column.field === field));
  return (
    <Stack gap={4}>
      <Table.ScrollContainer minWidth={280}>
        <Table fz="sm" verticalSpacing={2} aria-label={t.columns}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t.column}</Table.Th>
              <Table.Th scope="col">{t.becomes}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {columns.map((column, i) => (
              <Table.Tr key={`${i} ${column.name}`}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{column.name}</Table.Td>
                <Table.Td>{column.field ? (t.fields[column.field] ?? column.field) : t.unused}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {absent.length > 0 && <Text size="sm">{t.absent(absent.map((field) => t.fields[field]).join(', '))}</Text>}
    </Stack>
  );
}

// Counts says how many rows become what.
export function Counts({ result }: { result: Imported }) {
  const t = useText().importFile;
  return (
    <div role="group" aria-label={t.counts}>
      <Facts
        facts={results.map((name) => [
          t.results[name],
          <span key={name}>
            <Num value={result[name]} /> {result[name] > 0 && t.explain[name]}
          </span>,
        ])}
      />
    </div>
  );
}
