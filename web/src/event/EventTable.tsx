import { Card, Group, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { MouseEvent } from 'react';
import { Link, useNavigate } from 'react-router';
import classes from '../delivery/DeliveryTable.module.css';
import { phone } from '../delivery/phone';
import { moveFocus } from '../delivery/RowLink';
import { useText } from '../text';
import { CopyId, Dash, When } from '../ui';
import type { Event } from './queries';

interface Props {
  items: Event[];
}

const pathOf = (event: Event) => `/settings/events/${event.id}`;

// EventTable shows events, as cards where the screen is narrow.
export function EventTable({ items }: Props) {
  const narrow = useMediaQuery(phone, undefined, { getInitialValueInEffect: false });
  return narrow ? <Cards items={items} /> : <Rows items={items} />;
}

function TypeLink({ event }: { event: Event }) {
  const t = useText();
  return (
    <Link to={pathOf(event)} data-row className={classes.link} aria-label={t.event.open(event.type, event.id)}>
      {event.type}
    </Link>
  );
}

function Rows({ items }: Props) {
  const t = useText();
  const column = t.event.column;
  const navigate = useNavigate();
  const open = (click: MouseEvent<HTMLElement>, event: Event) => {
    if (click.target instanceof Element && click.target.closest('a, button, time, code')) return;
    void navigate(pathOf(event));
  };
  return (
    <Table.ScrollContainer minWidth={560} type="native">
      <Table highlightOnHover verticalSpacing="xs" fz="sm">
        <caption>
          <VisuallyHidden>{t.event.caption}</VisuallyHidden>
        </caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{column.type}</Table.Th>
            <Table.Th scope="col">{column.id}</Table.Th>
            <Table.Th scope="col">{column.sender}</Table.Th>
            <Table.Th scope="col">{column.accepted}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody onKeyDown={moveFocus}>
          {items.map((event) => (
            <Table.Tr key={event.id} className={classes.row} onClick={(click) => open(click, event)}>
              <Table.Td>
                <TypeLink event={event} />
              </Table.Td>
              <Table.Td>
                <CopyId value={event.id} label={t.event.one.copyId} />
              </Table.Td>
              <Table.Td maw={220}>{event.senderId ? <CopyId value={event.senderId} label={t.event.one.copySender} /> : <Dash />}</Table.Td>
              <Table.Td>
                <When at={event.acceptedAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Cards({ items }: Props) {
  const t = useText();
  return (
    <ul className={classes.cards} aria-label={t.event.caption}>
      {items.map((event) => (
        <Card component="li" key={event.id} withBorder padding="sm">
          <Stack gap={4}>
            <Group justify="space-between" gap="xs">
              <TypeLink event={event} />
              <Text size="sm" c="dimmed" component="div">
                <When at={event.acceptedAt} />
              </Text>
            </Group>
            <CopyId value={event.id} label={t.event.one.copyId} />
            {event.senderId && (
              <Text size="sm" component="div">
                {t.event.column.sender}: <CopyId value={event.senderId} label={t.event.one.copySender} />
              </Text>
            )}
          </Stack>
        </Card>
      ))}
    </ul>
  );
}
