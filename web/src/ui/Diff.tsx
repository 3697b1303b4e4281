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
const breaks = { overflowWrap: 'anywhere' } as const;
const top = { th: { verticalAlign: 'top' }, td: { verticalAlign: 'top' } } as const;

// Diff shows what a change changed, a line a member; on a phone what was before
// stands above what came after.
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
  return narrow ? <Narrow rows={rows} /> : <Wide rows={rows} />;
}

function Wide({ rows }: { rows: Change[] }) {
  const t = useText();
  return (
    <Table fz="sm" styles={top}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t.shell.field}</Table.Th>
          <Table.Th scope="col">{t.shell.before}</Table.Th>
          <Table.Th scope="col">{t.shell.after}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ path, before, after }) => (
          <Table.Tr key={path}>
            <Table.Th scope="row" fw={500}>
              {path}
            </Table.Th>
            <Old text={before} />
            <New text={after} />
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Narrow({ rows }: { rows: Change[] }) {
  const t = useText();
  return (
    <Table fz="sm" withRowBorders={false} verticalSpacing={4} styles={top}>
      {rows.map(({ path, before, after }) => (
        <Table.Tbody key={path}>
          <Table.Tr>
            <Table.Th scope="rowgroup" colSpan={2} fw={600}>
              {path}
            </Table.Th>
          </Table.Tr>
          <Table.Tr>
            <Table.Th scope="row" fw={400} c="dimmed" w="4.5rem">
              {t.shell.before}
            </Table.Th>
            <Old text={before} />
          </Table.Tr>
          <Table.Tr>
            <Table.Th scope="row" fw={400} c="dimmed">
              {t.shell.after}
            </Table.Th>
            <New text={after} />
          </Table.Tr>
        </Table.Tbody>
      ))}
    </Table>
  );
}

// Old and New are cells; null is nothing.
function Old({ text }: { text: string | null }) {
  return (
    <Table.Td style={breaks}>
      {text === null ? (
        <Dash />
      ) : (
        <del>
          <Value text={text} />
        </del>
      )}
    </Table.Td>
  );
}

function New({ text }: { text: string | null }) {
  return (
    <Table.Td style={breaks}>
      {text === null ? (
        <Dash />
      ) : (
        <ins style={{ textDecoration: 'none', fontWeight: 600 }}>
          <Value text={text} />
        </ins>
      )}
    </Table.Td>
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
