import { Badge, Card, Group, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { MouseEvent } from 'react';
import { Link, useNavigate } from 'react-router';
import classes from '../delivery/DeliveryTable.module.css';
import { phone } from '../delivery/phone';
import { moveFocus } from '../delivery/RowLink';
import { useText } from '../text';
import { Dash, When } from '../ui';
import type { EventType } from './queries';

interface Props {
  items: EventType[];
}

const linkOf = (type: EventType) => ({ to: { search: `?${new URLSearchParams({ type: type.type })}` }, state: { typeOpened: true } });

// TypeTable shows the kinds of events, as cards where the screen is narrow.
export function TypeTable({ items }: Props) {
  const narrow = useMediaQuery(phone, undefined, { getInitialValueInEffect: false });
  return narrow ? <Cards items={items} /> : <Lines items={items} />;
}

function TypeLink({ type }: { type: EventType }) {
  const t = useText();
  return (
    <Link {...linkOf(type)} preventScrollReset data-row className={classes.link} aria-label={t.event.types.open(type.type)}>
      {type.type}
    </Link>
  );
}

function Kind({ type }: { type: EventType }) {
  const words = useText().event.types;
  return (
    <Badge variant={type.builtIn ? 'default' : 'light'} tt="none" fw={500}>
      {type.builtIn ? words.builtIn : words.own}
    </Badge>
  );
}

function useSchemaWord() {
  const words = useText().event.types;
  return (type: EventType) => (type.schema === undefined ? words.noSchema : type.strict ? words.strict : words.lenient);
}

function Lines({ items }: Props) {
  const t = useText();
  const words = t.event.types;
  const navigate = useNavigate();
  const schemaWord = useSchemaWord();
  const open = (click: MouseEvent<HTMLElement>, type: EventType) => {
    if (click.target instanceof Element && click.target.closest('a, button, time')) return;
    const { to, state } = linkOf(type);
    void navigate(to, { state, preventScrollReset: true });
  };
  return (
    <Table.ScrollContainer minWidth={560} type="native">
      <Table highlightOnHover verticalSpacing="xs" fz="sm">
        <caption>
          <VisuallyHidden>{words.caption}</VisuallyHidden>
        </caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words.column.type}</Table.Th>
            <Table.Th scope="col">{words.column.description}</Table.Th>
            <Table.Th scope="col">{words.column.kind}</Table.Th>
            <Table.Th scope="col">{words.column.schema}</Table.Th>
            <Table.Th scope="col">{words.column.changed}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody onKeyDown={moveFocus}>
          {items.map((type) => (
            <Table.Tr key={type.type} className={classes.row} onClick={(click) => open(click, type)}>
              <Table.Td>
                <TypeLink type={type} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{type.description}</Table.Td>
              <Table.Td>
                <Kind type={type} />
              </Table.Td>
              <Table.Td>{schemaWord(type)}</Table.Td>
              <Table.Td>{type.updated ? <When at={type.updated} /> : <Dash />}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Cards({ items }: Props) {
  const words = useText().event.types;
  const schemaWord = useSchemaWord();
  return (
    <ul className={classes.cards} aria-label={words.caption}>
      {items.map((type) => (
        <Card component="li" key={type.type} withBorder padding="sm">
          <Stack gap={4}>
            <Group justify="space-between" gap="xs">
              <TypeLink type={type} />
              <Kind type={type} />
            </Group>
            <Text size="sm">{type.description}</Text>
            <Text size="sm" c="dimmed">
              {words.column.schema}: {schemaWord(type)}
            </Text>
          </Stack>
        </Card>
      ))}
    </ul>
  );
}
