import { describe, expect, it } from 'vitest';
import { percent, pointsOf } from './health';

describe('percent', () => {
  it('rounds to a tenth', () => {
    expect(percent(0.98765, 'en')).toBe('98.8%');
    expect(percent(0.5, 'en')).toBe('50%');
  });

  it('says all and nothing only when it is so', () => {
    expect(percent(1, 'en')).toBe('100%');
    expect(percent(0.99999, 'en')).toBe('99.9%');
    expect(percent(0.00001, 'en')).toBe('0.1%');
    expect(percent(0, 'en')).toBe('0%');
  });
});

describe('pointsOf', () => {
  it('splits the attempts of each hour', () => {
    const [point] = pointsOf([{ start: '2026-03-01T12:00:00Z', attempts: 5, failures: 2 }], 'en-GB');
    expect(point).toMatchObject({ start: '2026-03-01T12:00:00Z', succeeded: 3, failed: 2 });
    expect(point?.hour).toMatch(/^\d\d:\d\d$/);
  });
});
