import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// A module that one file replaces would be replaced for those that share its window.
test('a test that replaces a module is named alone.test', () => {
  const tests = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => /\.test\.tsx?$/.test(file));
  expect(tests.length).toBeGreaterThan(50);
  const replacing = tests.filter((file) => /\bvi\.(mock|doMock)\(/.test(readFileSync(`src/${file}`, 'utf8')));
  expect(replacing.filter((file) => !file.includes('.alone.test.'))).toEqual([]);
});
