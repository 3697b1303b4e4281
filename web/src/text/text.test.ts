import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pick, reasons } from '.';

test('the first language that has a catalog is taken, and English else', () => {
  expect(pick(['tlh', 'en-GB']).code).toBe('en');
  expect(pick([]).code).toBe('en');
});

test('the reasons that a person may give are those that the server takes, in its order', async () => {
  expect(reasons).toEqual(['scheduled', 'suspected_leak', 'person_left', 'maintenance', 'failing', 'other']);
  const description = await readFile(resolve('../internal/api/testdata/openapi.json'), 'utf8');
  const last = reasons.at(-1);
  expect(description).toContain(`"description": "${reasons.slice(0, -1).join(', ')} or ${last}"`);
});

test('an interval is named exactly', () => {
  const { interval } = pick(['en']).text.integrations;
  expect([20_000, 60_000, 90_000, 300_000, 3_600_000, 86_400_000].map(interval)).toEqual(['20 seconds', 'minute', '90 seconds', '5 minutes', 'hour', 'day']);
});
