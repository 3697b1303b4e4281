import { focusManager } from '@tanstack/react-query';
import { act, fireEvent, screen, within } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { serve, show, systemAdmin, utilityAdmin } from './fixture';
import type { System } from './queries';
import SystemPage from './SystemPage';

const now = '2026-11-28T12:00:00Z';
const system: System = {
  version: '1.2.3',
  database: 'SQLite',
  time: now,
  streams: 2,
  deliveries: { created: 10, delivered: 5, pending: 2, held: 1, failed: 1, discarded: 1, balanced: true, check: { at: now, verdict: 'holds' } },
  nodes: [{ id: 'node_1', address: '127.0.0.1:8480', version: '1.2.3', started: now, leaseUntil: '2026-11-28T12:00:12Z', lanes: 1, self: true }],
  lanes: [{ webhookId: 'wh_1', webhookUrl: 'https://a.example/hook', oldest: '2026-11-28T11:58:00Z', node: 'node_1' }],
  disk: { databaseBytes: 5_000_000, freeBytes: 60_000_000_000, totalBytes: 100_000_000_000 },
  mail: { configured: false },
  audit: { entries: 7, verifiedTo: 7, verifiedAt: now, anchoredTo: 7, accepted: [] },
};

test('a system admin sees how the installation is doing', async () => {
  serve({ 'GET /api/v1/system': { body: system } });
  show(<SystemPage />, systemAdmin);
  const deliveries = await screen.findByRole('region', { name: 'Deliveries' });
  const terms = within(deliveries).getAllByRole('term').map((term) => term.textContent);
  expect(terms).toEqual(['created', 'delivered', 'pending', 'held', 'failed', 'discarded']);
  expect(within(deliveries).getByText('The sum holds')).toBeTruthy();
  expect(within(deliveries).getByText(/they agree/)).toBeTruthy();
  expect(screen.getByText('1.2.3', { selector: 'dd' })).toBeTruthy();
  expect(screen.getByText('60 GB free of 100 GB')).toBeTruthy();
  expect(screen.getByText('1 under 10 minutes')).toBeTruthy();
  expect(screen.getByText('good for 12 seconds')).toBeTruthy();
  expect(screen.getByText('Verified to entry 7')).toBeTruthy();
});

test('what no message tells of is asked for by the clock, but not while nobody looks', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const asked = serve({ 'GET /api/v1/system': { body: system } });
  show(<SystemPage />, systemAdmin);
  await screen.findByRole('region', { name: 'Deliveries' });
  await act(() => vi.advanceTimersByTimeAsync(16_000));
  expect(asked).toHaveLength(2);
  focusManager.setFocused(false);
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(asked).toHaveLength(2);
  focusManager.setFocused(undefined);
  vi.useRealTimers();
});

test('counts that do not add up are an alarm', async () => {
  const deliveries = { ...system.deliveries, delivered: 3, balanced: false, check: { at: now, verdict: 'differs' as const } };
  serve({ 'GET /api/v1/system': { body: { ...system, deliveries } } });
  show(<SystemPage />, systemAdmin);
  expect(await screen.findByText(/2 deliveries were created and are in no state/)).toBeTruthy();
  expect(screen.getByText(/with every stored delivery: they differ/)).toBeTruthy();
});

test('others are told who may, and nothing is asked for', () => {
  const asked = serve({});
  show(<SystemPage />, utilityAdmin);
  expect(screen.getByText('Only system administrators see this page')).toBeTruthy();
  expect(asked).toEqual([]);
});

test('the mail server is tried, and its own words are shown', async () => {
  const mail = { configured: true, address: 'mail.internal:587', from: 'patchboard@example.com', tls: 'starttls' as const, lastFailed: now, lastError: '550 No such user here' };
  const asked = serve({
    'GET /api/v1/system': { body: { ...system, mail } },
    'POST /api/v1/alert-routes/test': { body: { ok: true, to: 'ada@example.com', detail: 'The mail server took the mail.', durationMs: 7 } },
  });
  show(<SystemPage />, systemAdmin);
  const part = within(await screen.findByRole('region', { name: 'Mail' }));
  for (const words of ['mail.internal:587', 'STARTTLS', /550 No such user here/]) expect(part.getByText(words)).toBeTruthy();
  fireEvent.click(part.getByRole('button', { name: 'Send a test mail' }));
  expect((await part.findByRole('status')).textContent).toContain('To ada@example.com: The mail server took the mail.');
  expect(asked.some((each) => each.body === '{"channel":"email"}')).toBe(true);
});

test('without a mail server the setting is named', async () => {
  serve({ 'GET /api/v1/system': { body: system } });
  show(<SystemPage />, systemAdmin);
  const part = within(await screen.findByRole('region', { name: 'Mail' }));
  expect(part.getByText('No mail server is set up')).toBeTruthy();
  expect(part.getByText(/PATCHBOARD_SMTP_ADDRESS/)).toBeTruthy();
});
