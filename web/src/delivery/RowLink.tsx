import type { KeyboardEvent } from 'react';
import { Link } from 'react-router';
import { useText } from '../text';
import classes from './DeliveryTable.module.css';
import { useDeliveryLink } from './link';
import type { Delivery } from './words';

// RowLink opens a delivery; its whole row does too, for a mouse.
export function RowLink({ item, text }: { item: Delivery; text: string }) {
  const t = useText();
  const link = useDeliveryLink();
  return (
    <Link
      {...link(item.id)}
      preventScrollReset
      data-row
      className={classes.link}
      aria-label={t.delivery.open(item.eventType, item.webhookUrl)}
    >
      {text}
    </Link>
  );
}

// moveFocus goes from row to row with the arrow keys.
export function moveFocus(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !(event.target instanceof HTMLElement) || !event.target.matches('[data-row]')) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')];
  const next = rows[rows.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
