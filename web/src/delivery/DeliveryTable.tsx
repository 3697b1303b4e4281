import { Table, Text, VisuallyHidden } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { MouseEvent } from 'react';
import { useNavigate } from 'react-router';
import { useText } from '../text';
import { Dash, Num, StatusBadge, When } from '../ui';
import { clock } from './clock';
import { DeliveryCards } from './DeliveryCards';
import { DeliveryDrawer } from './DeliveryDrawer';
import classes from './DeliveryTable.module.css';
import { useDeliveryLink } from './link';
import { RetryButton } from './RetryButton';
import { phone } from './phone';
import { moveFocus, RowLink } from './RowLink';
import { resultWords, type Delivery } from './words';

export interface DeliveryTableProps {
  items: Delivery[];
  caption?: string;
  hideWebhook?: boolean; // on a page that is about one
  hideEvent?: boolean;
  stale?: boolean; // another filter's rows, for a moment
  drawer?: boolean; // false where the page has the drawer itself
}

// DeliveryTable shows deliveries, as cards where the screen is narrow. A row
// opens in a drawer that is part of the address.
export function DeliveryTable(props: DeliveryTableProps) {
  const narrow = useMediaQuery(phone, undefined, { getInitialValueInEffect: false });
  return (
    <div className={props.stale ? classes.stale : undefined} aria-busy={props.stale || undefined}>
      {narrow ? <DeliveryCards {...props} /> : <Rows {...props} />}
      {props.drawer !== false && <DeliveryDrawer />}
    </div>
  );
}

function Rows({ items, caption, hideWebhook = false, hideEvent = false }: DeliveryTableProps) {
  const t = useText();
  const column = t.delivery.column;
  const link = useDeliveryLink();
  const navigate = useNavigate();

  function open(event: MouseEvent<HTMLElement>, id: string) {
    if (event.target instanceof Element && event.target.closest('a, button, time')) return;
    if (window.getSelection()?.toString()) return; // somebody marks text
    const { to, state } = link(id);
    void navigate(to, { state });
  }

  return (
    <Table.ScrollContainer minWidth={640} type="native">
      <Table highlightOnHover verticalSpacing="xs" fz="sm">
        <caption>
          <VisuallyHidden>{caption ?? t.delivery.caption}</VisuallyHidden>
        </caption>
        <Table.Thead>
          <Table.Tr>
            {!hideEvent && <Table.Th scope="col">{column.event}</Table.Th>}
            {!hideWebhook && <Table.Th scope="col">{column.webhook}</Table.Th>}
            <Table.Th scope="col">{column.state}</Table.Th>
            <Table.Th scope="col">{column.result}</Table.Th>
            <Table.Th scope="col" ta="right">
              {column.tries}
            </Table.Th>
            <Table.Th scope="col">{column.next}</Table.Th>
            <Table.Th scope="col">{column.accepted}</Table.Th>
            <Table.Th scope="col">
              <VisuallyHidden>{column.actions}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody onKeyDown={moveFocus}>
          {items.map((item) => (
            <Table.Tr key={item.id} className={classes.row} onClick={(event) => open(event, item.id)}>
              {!hideEvent && (
                <Table.Td className={classes.type}>
                  <RowLink item={item} text={item.eventType} />
                </Table.Td>
              )}
              {!hideWebhook && (
                <Table.Td>
                  {hideEvent ? (
                    <RowLink item={item} text={item.webhookUrl} />
                  ) : (
                    <Text size="sm" className={classes.url} title={item.webhookUrl}>
                      {item.webhookUrl.replace('https://', '')}
                    </Text>
                  )}
                </Table.Td>
              )}
              <Table.Td className={classes.state}>
                <StatusBadge status={item.state} />
              </Table.Td>
              <Table.Td>{resultWords(item, t)}</Table.Td>
              <Table.Td ta="right">
                <Num value={item.attempts} />
              </Table.Td>
              <Table.Td style={{ whiteSpace: 'nowrap' }}>{item.nextAttempt ? clock(item.nextAttempt) : <Dash />}</Table.Td>
              <Table.Td>
                <When at={item.created} />
              </Table.Td>
              <Table.Td>{item.state === 'failed' && <RetryButton delivery={item} compact />}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
