import { Badge, Card, Group, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { MouseEvent } from 'react';
import { Link, useNavigate } from 'react-router';
import classes from '../delivery/DeliveryTable.module.css';
import { phone } from '../delivery/phone';
import { moveFocus } from '../delivery/RowLink';
import { useText } from '../text';
import { Dash, When } from '../ui';
import { pathOf, type AnyRecord, type Kind } from './kind';
import { lineOf, type Line } from './line';
import { useSourceName } from './useSourceName';

interface Props {
  kind: Kind;
  items: AnyRecord[];
}

// RecordTable shows records in a line each, as cards where the screen is narrow.
export function RecordTable(props: Props) {
  const narrow = useMediaQuery(phone, undefined, { getInitialValueInEffect: false });
  return narrow ? <Cards {...props} /> : <Rows {...props} />;
}

function RecordLink({ record, line }: { record: AnyRecord; line: Line }) {
  const words = useText().record;
  return (
    <Link to={pathOf(record.kind, record.id)} data-row className={classes.link} aria-label={words.open(line.title)}>
      {line.title}
    </Link>
  );
}

function Sources({ line, nameOf }: { line: Line; nameOf: (source: string) => string }) {
  return (
    <Group gap={4}>
      {line.sources.map((source) => (
        <Badge key={source} variant="default" tt="none" fw={500}>
          {nameOf(source)}
        </Badge>
      ))}
    </Group>
  );
}

function Rows({ kind, items }: Props) {
  const t = useText();
  const words = t.record;
  const navigate = useNavigate();
  const nameOf = useSourceName();
  const open = (click: MouseEvent<HTMLElement>, record: AnyRecord) => {
    if (click.target instanceof Element && click.target.closest('a, button, time')) return;
    void navigate(pathOf(kind, record.id));
  };
  return (
    <Table.ScrollContainer minWidth={560} type="native">
      <Table highlightOnHover verticalSpacing="xs" fz="sm">
        <caption>
          <VisuallyHidden>{words.caption[kind]}</VisuallyHidden>
        </caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words.column[kind]}</Table.Th>
            <Table.Th scope="col">{words.about}</Table.Th>
            <Table.Th scope="col">{kind === 'contacts' ? words.sources : words.source}</Table.Th>
            <Table.Th scope="col">{words.time[kind]}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody onKeyDown={moveFocus}>
          {items.map((record) => {
            const line = lineOf(record, t);
            return (
              <Table.Tr key={record.id} className={classes.row} onClick={(click) => open(click, record)}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <RecordLink record={record} line={line} />
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{line.about || <Dash />}</Table.Td>
                <Table.Td>
                  <Sources line={line} nameOf={nameOf} />
                </Table.Td>
                <Table.Td>
                  <When at={line.at} />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Cards({ kind, items }: Props) {
  const t = useText();
  const nameOf = useSourceName();
  return (
    <ul className={classes.cards} aria-label={t.record.caption[kind]} onKeyDown={moveFocus}>
      {items.map((record) => {
        const line = lineOf(record, t);
        return (
          <Card component="li" key={record.id} withBorder padding="sm">
            <Stack gap={4}>
              <RecordLink record={record} line={line} />
              {line.about && (
                <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                  {line.about}
                </Text>
              )}
              <Group justify="space-between" gap="xs">
                <Sources line={line} nameOf={nameOf} />
                <Text size="sm" c="dimmed" component="div">
                  <When at={line.at} />
                </Text>
              </Group>
            </Stack>
          </Card>
        );
      })}
    </ul>
  );
}
