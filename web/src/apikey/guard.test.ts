import { expect, test } from 'vitest';
import { guard, isSafe, shown, type GuardEvent } from './guard';

const after = (...events: GuardEvent[]) => events.reduce(guard, shown);

test('closing asks first while the key was neither copied nor stored', () => {
  expect(after('close')).toMatchObject({ asking: true, closed: false });
  expect(after('close', 'close')).toMatchObject({ asking: true, closed: false });
});

test('a key that was copied or stored may go at once', () => {
  expect(after('copied', 'close').closed).toBe(true);
  expect(after('stored', 'close').closed).toBe(true);
});

test('who takes back that it is stored is asked again', () => {
  expect(after('stored', 'not stored', 'close')).toMatchObject({ asking: true, closed: false });
  expect(after('copied', 'stored', 'not stored', 'close').closed).toBe(true);
});

test('the answer decides, and copying answers as well', () => {
  expect(after('close', 'leave').closed).toBe(true);
  expect(after('close', 'stay')).toEqual(shown);
  expect(after('close', 'copied')).toMatchObject({ asking: false, closed: false });
  expect(isSafe(after('close', 'copied'))).toBe(true);
});

test('the next key starts anew', () => {
  expect(after('copied', 'close', 'forget')).toEqual(shown);
});
