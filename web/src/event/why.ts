import { clock } from '../delivery/clock';
import type { ReplayInput } from '../delivery/replay';
import { errorWords, firstWords } from '../delivery/words';
import type { Text } from '../text';
import type { Event, Fate } from './queries';

// labelOf is the word for what became of an event at a webhook.
export function labelOf(fate: Fate, t: Text): string {
  return fate.state === 'held' && fate.cause === 'disabled' ? t.event.fate.disabled : t.event.fate.state[fate.state];
}

// whyOf says in a sentence or two what became of an event at a webhook, since or
// until when, and by whom.
export function whyOf(fate: Fate, type: string, now: Date, t: Text): string {
  const words = t.event.fate;
  const since = fate.since ? clock(fate.since, now) : words.unknownTime;
  const tries = fate.attempts ?? 0;
  const failure = errorWords(fate.lastClass ?? 'other', fate.lastStatus ?? 0, t);
  switch (fate.state) {
    case 'delivered':
      return words.delivered(tries, since);
    case 'waiting':
      if (fate.cause !== 'retry') return firstWords(fate.until, now, t);
      if (!fate.until || new Date(fate.until) <= now) return words.due;
      return fate.lastClass ? words.retry(failure, clock(fate.until, now)) : t.delivery.status.next(tries + 1, clock(fate.until, now));
    case 'held':
      if (fate.cause === 'disabled') return words.heldRule(ruleOf(fate, t), since);
      return fate.by ? words.heldBy(fate.by, since) : words.heldOff(since);
    case 'failed':
      return fate.cause === 'gone' ? words.gone : words.givenUp(tries, failure);
    case 'discarded':
      return discardOf(fate, since, t);
    case 'not_subscribed':
      return missedOf(fate.cause, type, 1, t);
    case 'not_kept':
      return words.notKept;
  }
}

// missedOf says why an event was not for n webhooks.
export function missedOf(cause: Fate['cause'], type: string, n: number, t: Text): string {
  const words = t.event.fate;
  if (cause === 'type') return words.type(type, n);
  if (cause === 'added_later') return words.addedLater(n);
  return cause === 'subscribed_later' ? words.subscribedLater(type, n) : words.notSubscribed(n);
}

function ruleOf(fate: Fate, t: Text): string {
  const words = t.event.fate.rule;
  if (fate.rule === 'gone') return words.gone;
  return fate.rule === 'failing_long' ? words.failing_long : words.unknown;
}

function discardOf(fate: Fate, since: string, t: Text): string {
  const words = t.event.fate;
  if (fate.cause === 'retention') return words.retention(since);
  if (fate.cause === 'webhook_deleted') return fate.by ? words.webhookDeletedBy(fate.by, since) : words.webhookDeleted(since);
  return fate.by ? words.discardedBy(fate.by, since) : words.discarded(since);
}

// Step is the one thing to do next.
export type Step = 'open' | 'retry' | 'switchOn' | 'address' | 'subscribe' | 'replay' | 'ask' | 'add';

// stepOf chooses it. on says if the webhook takes deliveries at this moment;
// undefined if that is not known.
export function stepOf(fate: Fate, on: boolean | undefined, canReplay: boolean): Step {
  const resend: Step = on === false ? 'switchOn' : 'retry';
  switch (fate.state) {
    case 'delivered':
      return 'open';
    case 'waiting':
      return fate.cause === 'retry' ? resend : 'open';
    case 'held':
      return on === true ? 'retry' : 'switchOn';
    case 'failed':
      return fate.cause === 'gone' && on !== true ? 'address' : resend;
    case 'discarded':
      return fate.deleted ? 'add' : resend;
    case 'not_subscribed':
      if (fate.cause === 'type') return 'subscribe';
      return missed(on, canReplay);
    case 'not_kept':
      return missed(on, canReplay);
  }
}

function missed(on: boolean | undefined, canReplay: boolean): Step {
  if (!canReplay) return 'ask';
  return on === false ? 'switchOn' : 'replay';
}

// replayOf proposes to send one event, which the webhook never had: the second
// in which it was accepted, and the next.
export function replayOf(event: Event, webhookId: string): ReplayInput {
  const from = Math.floor(new Date(event.acceptedAt).getTime() / 1000) * 1000;
  return { webhookId, since: new Date(from).toISOString(), until: new Date(from + 2000).toISOString(), states: ['never_sent'] };
}
