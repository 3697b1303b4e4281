import { describe, expect, it } from 'vitest';
import { duration, segmentsOf, type Timing } from './timing';

const timing = (change: Partial<Timing>): Timing => ({
  dnsMs: 0,
  connectMs: 0,
  tlsMs: 0,
  firstByteMs: 0,
  totalMs: 0,
  reused: false,
  ...change,
});

const ms = (t: Timing) => Object.fromEntries(segmentsOf(t).map((s) => [s.phase, s.ms]));

describe('segmentsOf', () => {
  it('cuts the time from the start into what it was spent on', () => {
    const t = timing({ dnsMs: 2, connectMs: 8, tlsMs: 20, firstByteMs: 90, totalMs: 100 });
    expect(ms(t)).toEqual({ dns: 2, connect: 8, tls: 20, wait: 60, read: 10 });
    expect(segmentsOf(t).reduce((sum, s) => sum + s.share, 0)).toBeCloseTo(1);
  });

  it('leaves out what took no time, as over an open connection', () => {
    expect(ms(timing({ firstByteMs: 5, totalMs: 5, reused: true }))).toEqual({ wait: 5 });
  });

  it('counts a wait without an answer as waiting', () => {
    expect(ms(timing({ dnsMs: 1, connectMs: 1, tlsMs: 3, totalMs: 15_000 }))).toEqual({ dns: 1, connect: 1, tls: 3, wait: 14_995 });
  });

  it('shows how far a connection came', () => {
    expect(ms(timing({ dnsMs: 4, totalMs: 4 }))).toEqual({ dns: 4 });
  });

  it('never goes below nothing when clocks round apart', () => {
    const t = timing({ dnsMs: 2, connectMs: 2, tlsMs: 2, firstByteMs: 5.9, totalMs: 5.8 });
    for (const s of segmentsOf(t)) expect(s.ms).toBeGreaterThan(0);
    expect(segmentsOf(timing({}))).toEqual([]);
  });
});

describe('duration', () => {
  it('reads well at every size', () => {
    expect(duration(0.31, 'en')).toBe('0.31 ms');
    expect(duration(2.34, 'en')).toBe('2.3 ms');
    expect(duration(123.4, 'en')).toBe('123 ms');
    expect(duration(1500, 'en')).toBe('1.5 sec');
    expect(duration(90_000, 'en')).toBe('1.5 min');
  });
});
