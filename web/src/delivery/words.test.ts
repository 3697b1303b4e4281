import { describe, expect, it } from 'vitest';
import { t } from '../text';
import { clock } from './clock';
import { errorWords, resultWords, stateWords } from './words';

const now = new Date('2026-03-01T12:00:00Z');

describe('stateWords', () => {
  const next = '2026-03-01T12:04:05Z';
  it.each([
    [{ state: 'pending', attempts: 0, nextAttempt: next }, 'Waits for its first try.'],
    [{ state: 'pending', attempts: 1, nextAttempt: next }, `Try 2 is due at ${clock(next, now)}.`],
    [{ state: 'delivered', attempts: 1 }, 'Arrived with the first try.'],
    [{ state: 'delivered', attempts: 3 }, 'Arrived with try 3.'],
    [{ state: 'failed', attempts: 10 }, '10 tries failed. Nothing is tried again by itself.'],
    [{ state: 'failed', attempts: 1 }, '1 try failed. Nothing is tried again by itself.'],
  ] as const)('%j', (delivery, words) => {
    expect(stateWords(delivery, now, t)).toBe(words);
  });

  it('says that a try is due, not that it was', () => {
    const words = stateWords({ state: 'pending', attempts: 1, nextAttempt: '2026-03-01T11:59:59Z' }, now, t);
    expect(words).toBe(t.delivery.status.due);
  });

  it('says why a first try is late, and since when', () => {
    const due = '2026-03-01T11:59:00Z';
    expect(stateWords({ state: 'pending', attempts: 0, nextAttempt: due }, now, t)).toContain(`due since ${clock(due, now)}. The queue of its webhook is behind`);
  });

  it('says what held and discarded mean', () => {
    expect(stateWords({ state: 'held', attempts: 0 }, now, t)).toBe(
      'Held, because its webhook was off or disabled. It waits until an administrator sends or discards it.', // it may be on again
    );
    expect(stateWords({ state: 'discarded', attempts: 0 }, now, t)).toContain('given up');
  });
});

describe('resultWords', () => {
  const of = (lastClass: string | undefined, lastStatus: number | undefined, state: 'pending' | 'delivered' = 'pending', attempts = 1) =>
    resultWords({ lastClass, lastStatus, state, attempts }, t);

  it('names the kind of error', () => {
    expect(of('dns', undefined)).toBe('Host name not found');
    expect(of('timeout', undefined)).toBe('Timed out');
    expect(of('status_4xx', 404)).toBe('Refused with 404');
    expect(of('status_5xx', 503)).toBe('Receiver failed with 503');
  });

  it('speaks of the answer when it arrived, though a try before it failed', () => {
    expect(of('timeout', 200, 'delivered', 2)).toBe('Answered 200');
  });

  it('claims no try that was not made', () => {
    expect(of(undefined, undefined, 'pending', 0)).toBe('Not tried yet');
  });

  it('has words for every kind that the server knows, and for new ones', () => {
    const kinds = 'dns address_refused connect tls timeout status_3xx status_4xx status_5xx protocol cancelled'.split(' ');
    for (const kind of kinds) expect(errorWords(kind, 500, t)).not.toMatch(/^Error: /);
    expect(errorWords('quota', 0, t)).toBe('Error: quota');
    expect(errorWords('toString', 0, t)).toBe('Error: toString');
  });
});

describe('clock', () => {
  it('gives the date only when it is another day', () => {
    const noon = new Date(2026, 2, 1, 12, 0, 0);
    expect(clock(new Date(2026, 2, 1, 14, 3, 20), noon, 'en-GB')).toBe('14:03:20');
    expect(clock(new Date(2026, 2, 2, 14, 3, 20), noon, 'en-GB')).toBe('2 Mar 2026, 14:03');
  });
});
