import { describe, expect, it } from 'vitest';
import { clock } from '../delivery/clock';
import { t } from '../text';
import type { Fate } from './queries';
import { labelOf, missedOf, replayOf, stepOf, whyOf } from './why';

const now = new Date('2026-03-01T12:00:00Z');
const since = '2026-03-01T11:00:00Z';
const at = clock(since, now);
const until = '2026-03-01T12:05:00Z';

const fate = (state: Fate['state'], more: Partial<Fate> = {}): Fate => ({ webhookId: 'wh_1', webhookUrl: 'https://a.example', state, ...more });
const why = (state: Fate['state'], more: Partial<Fate> = {}) => whyOf(fate(state, more), 'contact.created', now, t);

describe('whyOf', () => {
  it('delivered', () => {
    expect(why('delivered', { attempts: 1, since })).toBe(`Arrived ${at} with the first try.`);
    expect(why('delivered', { attempts: 3, since })).toBe(`Arrived ${at} with try 3.`);
  });

  it('waiting: why, and until when', () => {
    expect(why('waiting', { cause: 'first_try', until: now.toISOString() })).toBe('Waits for its first try.');
    expect(why('waiting', { cause: 'first_try', until: since })).toContain(`due since ${at}. The queue of its webhook is behind`);
    expect(why('waiting', { cause: 'retry', until, attempts: 1, lastClass: 'status_5xx', lastStatus: 503 })).toBe(
      `The last try failed (Receiver failed with 503). The next one is due at ${clock(until, now)}.`,
    );
    expect(why('waiting', { cause: 'retry', until: since, attempts: 1, lastClass: 'dns' })).toContain('due now');
    expect(why('waiting', { cause: 'retry', until, attempts: 2 })).toBe(`Try 3 is due at ${clock(until, now)}.`);
  });

  it('held: since when, and by whom or which rule', () => {
    expect(why('held', { cause: 'switched_off', by: 'ada@example.com', since })).toBe(
      `Held since ${at}, because ada@example.com switched the webhook off. It waits until an administrator sends or discards it.`,
    );
    expect(why('held', { cause: 'switched_off', since })).toContain('because the webhook was switched off');
    expect(why('held', { cause: 'disabled', rule: 'gone', since })).toContain(`Held since ${at}: the webhook was disabled, because it answered 410 Gone.`);
    expect(why('held', { cause: 'disabled', rule: 'failing_long', since })).toContain('because no try had succeeded for five days');
  });

  it('failed', () => {
    expect(why('failed', { cause: 'given_up', attempts: 10, lastClass: 'timeout' })).toBe(
      '10 tries failed, the last one so: Timed out. No more is tried by itself.',
    );
    expect(why('failed', { cause: 'gone', attempts: 1, lastClass: 'status_4xx', lastStatus: 410 })).toContain('410 Gone');
  });

  it('discarded: by whom', () => {
    expect(why('discarded', { cause: 'by_person', by: 'ada@example.com', since })).toBe(`ada@example.com discarded it ${at}.`);
    expect(why('discarded', { cause: 'by_person', since })).toBe(`It was discarded ${at}.`);
    expect(why('discarded', { cause: 'webhook_deleted', by: 'bob@example.com', since })).toBe(`Its webhook was deleted ${at}, by bob@example.com.`);
    expect(why('discarded', { cause: 'retention', since })).toContain('held until the time for which deliveries are kept had passed');
  });

  it('not subscribed', () => {
    expect(why('not_subscribed', { cause: 'type' })).toBe('The webhook does not want contact.created.');
    expect(why('not_subscribed', { cause: 'added_later' })).toBe('The webhook was added after this event.');
    expect(missedOf('added_later', 'contact.created', 1200, t)).toBe('These 1,200 webhooks were added after this event.');
    expect(why('not_subscribed', { cause: 'subscribed_later' })).toContain('chose it after this event');
    expect(why('not_kept')).toContain('older than the time for which deliveries are kept');
  });

  it('claims no time that is not known', () => {
    expect(why('held', { cause: 'switched_off' })).toContain('at a time that is not known');
  });
});

describe('labelOf', () => {
  it('tells a rule from a person', () => {
    expect(labelOf(fate('held', { cause: 'disabled' }), t)).toBe('Disabled by rule');
    expect(labelOf(fate('held', { cause: 'switched_off' }), t)).toBe('Held');
    expect(labelOf(fate('not_subscribed', { cause: 'type' }), t)).toBe('Not subscribed');
  });
});

describe('stepOf', () => {
  it.each([
    ['delivered', {}, true, true, 'open'],
    ['waiting', { cause: 'first_try' }, true, true, 'open'],
    ['waiting', { cause: 'retry' }, true, true, 'retry'],
    ['held', { cause: 'switched_off' }, false, true, 'switchOn'],
    ['held', { cause: 'switched_off' }, true, true, 'retry'], // switched on again: what is held stays held
    ['held', { cause: 'disabled' }, false, false, 'switchOn'],
    ['failed', { cause: 'given_up' }, true, false, 'retry'],
    ['failed', { cause: 'given_up' }, false, false, 'switchOn'],
    ['failed', { cause: 'gone' }, false, true, 'address'],
    ['failed', { cause: 'gone' }, true, true, 'retry'],
    ['discarded', { cause: 'by_person' }, true, true, 'retry'],
    ['discarded', { cause: 'webhook_deleted', deleted: true }, undefined, true, 'add'],
    ['not_subscribed', { cause: 'type' }, true, true, 'subscribe'],
    ['not_subscribed', { cause: 'added_later' }, true, true, 'replay'],
    ['not_subscribed', { cause: 'added_later' }, true, false, 'ask'],
    ['not_subscribed', { cause: 'subscribed_later' }, false, true, 'switchOn'],
    ['not_kept', {}, true, true, 'replay'],
  ] as [Fate['state'], Partial<Fate>, boolean | undefined, boolean, string][])('%s %j on=%s replay=%s: %s', (state, more, on, can, step) => {
    expect(stepOf(fate(state, more), on, can)).toBe(step);
  });
});

describe('replayOf', () => {
  it('has the event in its range', () => {
    const acceptedAt = '2026-03-01T11:00:00.999876Z';
    const replay = replayOf({ id: 'evt_1', type: 'contact.created', occurredAt: acceptedAt, acceptedAt }, 'wh_1');
    expect(replay).toEqual({ webhookId: 'wh_1', since: '2026-03-01T11:00:00.000Z', until: '2026-03-01T11:00:02.000Z', states: ['never_sent'] });
  });
});
