import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { snippets } from './snippets';

const folder = join(__dirname, '../../../../docs/verify');

it('shows every file of docs/verify as it is', () => {
  const files = readdirSync(folder)
    .filter((name) => name !== 'README.md')
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(snippets.map((s) => s.code).sort()).toEqual(files.sort());
});

it('names the variable that the page tells people to set', () => {
  for (const snippet of snippets) expect(snippet.code, snippet.language).toContain('PATCHBOARD_WEBHOOK_SECRET');
});
