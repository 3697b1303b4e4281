import { expect, test } from 'vitest';
import type { Schemas } from '../api';
import { countStatuses, lastDelivery } from './summary';

type Status = Schemas['WebhookView']['status'];
const webhook = (status: Status, lastSuccess?: string) => ({ status, health: { ok: true, failures: 0, lastSuccess } });

test('every status is counted, also those that no webhook has', () => {
  expect(countStatuses([])).toEqual({ active: 0, failing: 0, off: 0, disabled: 0 });
  expect(countStatuses([webhook('active'), webhook('off'), webhook('active'), webhook('failing')])).toEqual({ active: 2, failing: 1, off: 1, disabled: 0 });
});

test('the last delivery is the newest that anything tells of', () => {
  expect(lastDelivery([], null)).toBeNull();
  expect(lastDelivery([webhook('active')], null)).toBeNull();
  expect(lastDelivery([webhook('active', '2026-03-02T10:00:00Z')], null)).toBe('2026-03-02T10:00:00Z');
  expect(lastDelivery([webhook('active', '2026-03-02T10:00:00Z')], '2026-03-02T10:00:12.5Z')).toBe('2026-03-02T10:00:12.5Z');
  expect(lastDelivery([webhook('off', '2026-03-02T11:00:00Z')], '2026-03-02T10:00:12Z')).toBe('2026-03-02T11:00:00Z');
});
