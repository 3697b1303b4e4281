import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { t } from '../text';
import { actions, areaOf, areas } from './action';

// The server's list, so that an action without a sentence fails here.
const source = readFileSync(resolve(process.cwd(), '../internal/audit/action.go'), 'utf8');
const recorded = [...source.matchAll(/^\t[A-Z]\w+\s+= "([a-z_]+\.[a-z_]+)"/gm)].map((m) => m[1]);

test('every action of the server has a sentence, in its order', () => {
  expect(recorded.length).toBeGreaterThan(30);
  expect([...actions]).toEqual(recorded);
});

test('an action has a name of its own, and its noun has one', () => {
  const labels = actions.map((a) => t.audit.actions[a].label);
  expect(new Set(labels).size).toBe(actions.length);
  expect(areas.filter((area) => !t.audit.areas[area])).toEqual([]);
  expect(areaOf('api_key.copied')).toBe('api_key');
});
