import { Table, Text } from '@mantine/core';
import { useText } from '../text';
import { changes } from './changes';
import { Dash } from './Num';

interface Props {
  before: unknown;
  after: unknown;
}

// Diff shows what a change changed, a line a member.
export function Diff({ before, after }: Props) {
  const t = useText();
  const rows = changes(before, after);
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t.shell.noChange}
      </Text>
    );
  }
  return (
    <Table.ScrollContainer minWidth={320}>
      <Table fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t.shell.field}</Table.Th>
            <Table.Th scope="col">{t.shell.before}</Table.Th>
            <Table.Th scope="col">{t.shell.after}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.path}>
              <Table.Th scope="row" fw={500}>
                {row.path}
              </Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{row.before === null ? <Dash /> : <del>{row.before}</del>}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {row.after === null ? <Dash /> : <ins style={{ textDecoration: 'none', fontWeight: 600 }}>{row.after}</ins>}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
