import { expect, test } from 'vitest';
import { equationOf, type Counts } from './equation';

const counts = (part: Partial<Counts>): Counts => ({ created: 10, delivered: 5, pending: 2, held: 1, failed: 1, discarded: 1, balanced: true, ...part });

test('what was created is in one of the states', () => {
  expect(equationOf(counts({}))).toEqual({ created: 10, sum: 10, missing: 0, holds: true });
  expect(equationOf(counts({ created: 0, delivered: 0, pending: 0, held: 0, failed: 0, discarded: 0 })).holds).toBe(true);
});

test('one that is lost or surplus breaks it', () => {
  expect(equationOf(counts({ delivered: 4 }))).toMatchObject({ missing: 1, holds: false });
  expect(equationOf(counts({ discarded: 3 }))).toMatchObject({ missing: -2, holds: false });
});
