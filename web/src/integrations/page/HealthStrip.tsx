import { Table, Text } from '@mantine/core';
import { useText } from '../../text';
import { absolute, clock, Num } from '../../ui';
import type { Strip } from '../types';
import classes from './HealthStrip.module.css';
import type { Range } from './range';

interface Props {
  strip: readonly Strip[];
  range: Range;
}

const sum = (strip: readonly Strip[], of: 'checks' | 'failed') => strip.reduce((n, part) => n + part[of], 0);

// HealthStrip is a bar of time, a part for each span. Screen readers get what it
// says in all; the table has each part.
export function HealthStrip({ strip, range }: Props) {
  const t = useText().integrationPage.history;
  const all = `${t.ranges[range] ?? range}: ${t.strip(sum(strip, 'checks'), sum(strip, 'failed'))}`;
  const [first, last] = [strip[0], strip.at(-1)];
  return (
    <div>
      <div role="img" aria-label={all} className={classes.strip}>
        {strip.map((part) => (
          <span key={part.from} className={classes.part} data-worst={part.worst} title={`${spanOf(part)}: ${t.worst[part.worst] ?? part.worst}, ${t.strip(part.checks, part.failed)}`} />
        ))}
      </div>
      {first && last && (
        <Text size="xs" c="dimmed" className={classes.ends} aria-hidden>
          <span>{absolute(new Date(first.from))}</span>
          <span>{absolute(new Date(last.to))}</span>
        </Text>
      )}
      <Text size="sm" mt={4}>
        {all}
      </Text>
    </div>
  );
}

const spanOf = ({ from, to }: Strip) => `${absolute(new Date(from))} – ${clock(new Date(to))}`;

export function StripTable({ strip }: Pick<Props, 'strip'>) {
  const t = useText().integrationPage.history;
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table fz="sm" verticalSpacing={4} aria-label={t.title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t.from}</Table.Th>
            <Table.Th scope="col">{t.worstColumn}</Table.Th>
            <Table.Th scope="col" ta="right">
              {t.checks}
            </Table.Th>
            <Table.Th scope="col" ta="right">
              {t.failed}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {[...strip].reverse().map((part) => (
            <Table.Tr key={part.from}>
              <Table.Th scope="row" fw={400}>
                {spanOf(part)}
              </Table.Th>
              <Table.Td>{t.worst[part.worst] ?? part.worst}</Table.Td>
              <Table.Td ta="right">
                <Num value={part.checks} />
              </Table.Td>
              <Table.Td ta="right">
                <Num value={part.failed} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
