import { expect, test } from 'vitest';
import { startConfirmation } from './confirmation';

function clockFrom(...times: number[]) {
  return () => times.shift() ?? 0;
}

test('the confirmation time is the whole milliseconds since the dialog opened', () => {
  expect(startConfirmation(clockFrom(1_000.2, 4_321.9))()).toBe(3_322);
});

test('each Confirm is measured from the opening, not from the last try', () => {
  const elapsed = startConfirmation(clockFrom(0, 500, 2_000));
  expect([elapsed(), elapsed()]).toEqual([500, 2_000]);
});

test('it stays within what the server takes', () => {
  expect(startConfirmation(clockFrom(0, 5 * 3_600_000))()).toBe(3_600_000);
  expect(startConfirmation(clockFrom(10, 5))()).toBe(0);
});
