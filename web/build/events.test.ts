import { expect, test } from 'vitest';
import { brokenFile, testEvents } from './events.ts';

const read = (text: string) => text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);

test('a test is three events at most, and its name has no slash', () => {
  const events = read(testEvents({ file: 'src/a.test.ts', name: 'a/b', result: 'fail', seconds: 1.5, said: 'why' }));
  expect(events.map((event) => event.Action)).toEqual(['run', 'output', 'fail']);
  expect(events.at(-1)).toEqual({ Action: 'fail', Package: 'patchboard/web/src/a.test.ts', Test: 'a\u2044b', Elapsed: 1.5 });
});

test('a file that breaks is a failed package', () => {
  expect(read(brokenFile('src/a.test.ts', 'no module')).at(-1)).toEqual({ Action: 'fail', Package: 'patchboard/web/src/a.test.ts' });
});
