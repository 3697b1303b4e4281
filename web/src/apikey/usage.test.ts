import { expect, test } from 'vitest';
import { rangeOf, ranges, seriesOf, sinceOf, stepOf, totalOf } from './usage';

const now = Date.parse('2026-03-02T10:20:30Z');
const at = (start: string, calls: number) => ({ start, calls });

test('a series has every bucket of its range, those without calls too', () => {
  const lengths = ranges.map((range) => seriesOf([], range, now).length);
  expect(lengths).toEqual([24, 168, 30, 90]);
  expect(seriesOf([], '24h', now).every((p) => p.calls === 0)).toBe(true);
});

test('hours end with the current one', () => {
  const items = [at('2026-03-01T11:00:00Z', 3), at('2026-03-02T10:00:00Z', 5)];
  const points = seriesOf(items, '24h', now);
  expect(points[0]).toEqual({ start: Date.parse('2026-03-01T11:00:00Z'), calls: 3 });
  expect(points[23]).toEqual({ start: Date.parse('2026-03-02T10:00:00Z'), calls: 5 });
  expect(totalOf(points)).toBe(8);
});

test('days are those of UTC', () => {
  expect(sinceOf('30d', now).toISOString()).toBe('2026-02-01T00:00:00.000Z');
  expect(seriesOf([at('2026-03-02T00:00:00Z', 7)], '30d', now).at(-1)).toEqual({ start: Date.parse('2026-03-02T00:00:00Z'), calls: 7 });
});

test('calls that the server has seen later than this clock are kept', () => {
  const points = seriesOf([at('2026-03-02T12:00:00Z', 9)], '24h', now);
  expect(points.at(-1)).toEqual({ start: Date.parse('2026-03-02T12:00:00Z'), calls: 9 });
  expect(points).toHaveLength(26);
});

test('an address may name a range, and anything else is a week', () => {
  expect(['24h', '90d', '1y', null].map(rangeOf)).toEqual(['24h', '90d', '7d', '7d']);
  expect(ranges.map(stepOf)).toEqual(['hour', 'hour', 'day', 'day']);
});
