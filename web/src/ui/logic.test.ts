import { expect, test } from 'vitest';
import { changes } from './changes';
import { absolute, clock, parse, relative } from './time';

const now = Date.parse('2026-11-28T12:00:00Z');
const seconds = (n: number) => new Date(now + n * 1000);

test.each([
  [0, 'now'],
  [-4, 'now'],
  [4, 'now'],
  [-5, '5 seconds ago'],
  [-59, '59 seconds ago'],
  [-60, '1 minute ago'],
  [-3_599, '59 minutes ago'],
  [7_300, 'in 2 hours'],
  [-86_400, 'yesterday'],
  [-2_678_400, 'last month'],
])('a time %i seconds from now is "%s"', (offset, want) => {
  expect(relative(seconds(offset), now, 'en')).toBe(want);
});

test('times of the API are read, and nonsense is none', () => {
  expect(parse('2026-11-28T12:00:00Z')?.getTime()).toBe(now);
  expect([parse(''), parse('soon'), parse(null), parse(undefined)]).toEqual([null, null, null, null]);
  expect(absolute(seconds(0), 'en')).toContain('2026');
  expect(clock(seconds(0), 'en')).toMatch(/\d+:\d\d:\d\d/);
});

test('a diff names what changed, what came and what went, and nothing else', () => {
  const before = { url: 'https://a', events: ['x'], same: 1, limits: { rate: 1, deep: true }, gone: 'g', nothing: null };
  const after = { url: 'https://b', events: ['x', 'y'], same: 1, limits: { rate: 2, deep: true }, nothing: null, enabled: false };
  expect(changes(before, after)).toEqual([
    { path: 'enabled', before: null, after: 'false' },
    { path: 'events', before: '["x"]', after: '["x","y"]' },
    { path: 'gone', before: 'g', after: null },
    { path: 'limits.rate', before: '1', after: '2' },
    { path: 'url', before: 'https://a', after: 'https://b' },
  ]);
  expect(changes(undefined, { a: 1 })).toEqual([{ path: 'a', before: null, after: '1' }]);
  expect(changes(null, null)).toEqual([]);
});
