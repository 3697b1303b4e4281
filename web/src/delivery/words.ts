import type { Schemas } from '../api';
import type { Text } from '../text';
import { clock } from './clock';

export type Delivery = Schemas['DeliveryView'];

// errorWords says what kind of error a try ended in.
export function errorWords(kind: string, status: number, t: Text): string {
  const { other, ...known } = t.delivery.error;
  const words: Record<string, string | ((status: number) => string)> = known;
  const word = Object.hasOwn(words, kind) ? words[kind] : undefined;
  if (word === undefined) return other(kind);
  return typeof word === 'string' ? word : word(status);
}

// resultWords says how the last try of a delivery ended.
export function resultWords(delivery: Pick<Delivery, 'lastClass' | 'lastStatus' | 'attempts' | 'state'>, t: Text): string {
  const { lastClass, lastStatus = 0, attempts, state } = delivery;
  if (attempts === 0) return t.delivery.result.none;
  if (state !== 'delivered' && lastClass) return errorWords(lastClass, lastStatus, t);
  return lastStatus > 0 ? t.delivery.result.answered(lastStatus) : t.delivery.result.none;
}

const patience = 15_000; // ms that a first try may be late without a word

// firstWords says what a delivery waits for that was never tried.
export function firstWords(due: string | undefined, now: Date, t: Text): string {
  const late = due !== undefined && now.getTime() - new Date(due).getTime() > patience;
  return late ? t.delivery.status.firstLate(clock(due, now)) : t.delivery.status.first;
}

// stateWords says in a sentence where a delivery stands, and what comes next.
export function stateWords(delivery: Pick<Delivery, 'state' | 'attempts' | 'nextAttempt'>, now: Date, t: Text): string {
  const { state, attempts, nextAttempt } = delivery;
  if (state !== 'pending') {
    const words = t.delivery.status[state];
    return typeof words === 'string' ? words : words(attempts);
  }
  if (attempts === 0) return firstWords(nextAttempt, now, t);
  if (!nextAttempt || new Date(nextAttempt) <= now) return t.delivery.status.due;
  return t.delivery.status.next(attempts + 1, clock(nextAttempt, now));
}
