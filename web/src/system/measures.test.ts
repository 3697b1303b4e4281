import { expect, test } from 'vitest';
import { byAge, waitingOf } from './age';
import { bytes, roomOf } from './disk';

const now = '2026-11-28T12:00:00Z';

test('lanes are counted by how long they have waited', () => {
  const oldest = ['2026-11-28T12:00:01Z', '2026-11-28T12:00:00Z', '2026-11-28T11:59:00Z', '2026-11-28T11:50:00Z', '2026-11-28T11:00:00Z', '2026-11-20T00:00:00Z'];
  expect(byAge(oldest.map((at) => ({ oldest: at })), now)).toEqual({ later: 1, minute: 1, ten: 1, hour: 1, longer: 2 });
  expect(waitingOf('2026-11-28T12:05:00Z', now).ms).toBe(-300_000);
});

test('room on the disk', () => {
  const gib = 1 << 30;
  expect(roomOf({ databaseBytes: 1 })).toBeNull();
  expect(roomOf({ databaseBytes: 1, freeBytes: 50 * gib, totalBytes: 100 * gib })).toEqual({ used: 0.5, low: false });
  expect(roomOf({ databaseBytes: 1, freeBytes: 9 * gib, totalBytes: 100 * gib })?.low).toBe(true);
  expect(roomOf({ databaseBytes: 1, freeBytes: 90 * gib, totalBytes: 1000 * gib })?.low).toBe(false);
  expect(roomOf({ databaseBytes: 1, freeBytes: gib / 2, totalBytes: gib })?.low).toBe(true);
});

test('sizes are written in units that people read', () => {
  expect(bytes(0, 'en')).toBe('0 byte');
  expect(bytes(1_500_000, 'en')).toBe('1.5 MB');
  expect(bytes(42_000_000_000, 'en')).toBe('42 GB');
});
