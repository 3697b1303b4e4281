import { Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Fragment } from 'react';
import { useText } from '../text';
import { WithAddresses } from './Address';
import { changes, type Change } from './changes';
import { Dash } from './Num';

interface Props {
  before: unknown;
  after: unknown;
}

const phone = '(max-width: 48em)';

// Diff shows what a change changed, a line a member; on a phone the member's name
// stands above its values.
export function Diff({ before, after }: Props) {
  const t = useText();
  const narrow = useMediaQuery(phone, undefined, { getInitialValueInEffect: false });
  const rows = changes(before, after);
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t.shell.noChange}
      </Text>
    );
  }
  return (
    <Table fz="sm" layout={narrow ? 'fixed' : 'auto'}>
      <Table.Thead>
        <Table.Tr>
          {!narrow && <Table.Th scope="col">{t.shell.field}</Table.Th>}
          <Table.Th scope="col">{t.shell.before}</Table.Th>
          <Table.Th scope="col">{t.shell.after}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) =>
          narrow ? (
            <Fragment key={row.path}>
              <Table.Tr>
                <Table.Th scope="rowgroup" colSpan={2} fw={500}>
                  {row.path}
                </Table.Th>
              </Table.Tr>
              <Table.Tr>
                <Values row={row} />
              </Table.Tr>
            </Fragment>
          ) : (
            <Table.Tr key={row.path}>
              <Table.Th scope="row" fw={500}>
                {row.path}
              </Table.Th>
              <Values row={row} />
            </Table.Tr>
          ),
        )}
      </Table.Tbody>
    </Table>
  );
}

function Values({ row }: { row: Change }) {
  return (
    <>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {row.before === null ? (
          <Dash />
        ) : (
          <del>
            <Value text={row.before} />
          </del>
        )}
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {row.after === null ? (
          <Dash />
        ) : (
          <ins style={{ textDecoration: 'none', fontWeight: 600 }}>
            <Value text={row.after} />
          </ins>
        )}
      </Table.Td>
    </>
  );
}

// Value breaks a list between its items, and a URL after its parts.
function Value({ text }: { text: string }) {
  return text.split(/(?<=,)/).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      <WithAddresses text={part} />
    </Fragment>
  ));
}
