import { describe, expect, it } from 'vitest';
import { left, untilTick } from './countdown';

const until = new Date('2026-03-01T12:00:00.250Z');
const before = (ms: number) => until.getTime() - ms;

describe('left', () => {
  it('counts whole seconds, rounded up', () => {
    expect(left(until, before(1))).toEqual({ days: 0, clock: '00:00:01' });
    expect(left(until, before(1_000))).toEqual({ days: 0, clock: '00:00:01' });
    expect(left(until, before(1_001))).toEqual({ days: 0, clock: '00:00:02' });
    expect(left(until, before(59_500))).toEqual({ days: 0, clock: '00:01:00' });
  });

  it('cuts days off', () => {
    expect(left(until, before(24 * 3_600_000))).toEqual({ days: 1, clock: '00:00:00' });
    expect(left(until, before(24 * 3_600_000 - 1_000))).toEqual({ days: 0, clock: '23:59:59' });
    expect(left(until, before(7 * 24 * 3_600_000))).toEqual({ days: 7, clock: '00:00:00' });
    expect(left(until, before(2 * 24 * 3_600_000 + 3_723_000))).toEqual({ days: 2, clock: '01:02:03' });
  });

  it('ends at the moment, and has no value for nonsense', () => {
    expect(left(until, before(0))).toBeNull();
    expect(left(until, before(-5_000))).toBeNull();
    expect(left(new Date('nonsense'), 0)).toBeNull();
  });
});

describe('untilTick', () => {
  it('is the rest of the second that is shown', () => {
    expect(untilTick(until, before(1_250))).toBe(250);
    expect(untilTick(until, before(1_000))).toBe(1_000);
    expect(untilTick(until, before(-400))).toBe(1_000);
  });
});
