import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { serve, show, systemAdmin, utilityAdmin } from '../system/fixture';
import AuditPage from './AuditPage';
import type { Entry } from './facts';
import { VerificationState } from './VerificationState';

const at = '2026-11-28T10:00:00Z';
const changed: Entry = {
  seq: 7,
  at,
  actor: { id: 'usr_1', role: 'system_admin', email: 'ada@example.com' },
  action: 'webhook.updated',
  target: { type: 'webhook', id: 'wh_1', name: 'https://a.example/hook' },
  before: { url: 'https://old.example/hook', events: ['contact.created'] },
  after: { url: 'https://a.example/hook', events: ['contact.created'] },
  result: 'ok',
  address: '192.0.2.7',
  count: 1,
  first: at,
  last: at,
};
const refused: Entry = {
  ...changed,
  seq: 6,
  action: 'access.denied',
  target: { type: 'route', id: 'GET /api/v1/users' },
  before: undefined,
  after: undefined,
  result: 'denied',
  count: 12,
  first: '2026-11-28T09:00:00Z',
};
const log = { 'GET /api/v1/audit': { body: { items: [changed, refused] } } };
const state = { entries: 7, verifiedTo: 5, verifiedAt: at, anchoredTo: 7, accepted: [] };
const system = (audit: object) => ({ 'GET /api/v1/system': { body: { audit } } });

test('a system admin sees all of it, how far it was verified, and the exports of what is filtered', async () => {
  const asked = serve({ ...log, ...system(state) });
  show(<AuditPage />, systemAdmin, { at: '/?action=webhook&actor=ada%40example.com' });
  await screen.findByText('Verified to entry 5');
  expect(screen.getByText(/2 newer entries are looked at by the next check/)).toBeTruthy();
  expect(screen.getByRole('link', { name: 'Export CSV' }).getAttribute('href')).toBe('/api/v1/audit/export?format=csv&action=webhook&actor=ada%40example.com');
  expect(screen.getByRole('link', { name: 'Export JSON Lines' }).getAttribute('href')).toContain('format=jsonl');
  expect(asked.some((a) => a.call.startsWith('GET /api/v1/audit?action=webhook&actor=ada%40example.com'))).toBe(true);
});

test('an entry opens to what changed, and filters from there', async () => {
  serve({ ...log, ...system(state) });
  const router = show(<AuditPage />, systemAdmin);
  const line = await screen.findByRole('button', { name: 'Changed the webhook https://a.example/hook' });
  expect(line.getAttribute('aria-expanded')).toBe('false');
  fireEvent.click(line);
  const changes = await screen.findByRole('table');
  expect(within(changes).getByText('https://old.example/hook').tagName).toBe('DEL');
  expect(within(changes).queryByText('events')).toBeNull();
  expect(screen.getByText('192.0.2.7')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Only this target' }));
  await waitFor(() => expect(router.state.location.search).toBe('?target=wh_1'));
});

test.each([
  ['webhook', 'wh_1', '/settings/webhooks/wh_1'],
  ['delivery', 'dlv_1', '/settings/deliveries?delivery=dlv_1'],
  ['event_type', 'invoice.paid', '/settings/event-types?type=invoice.paid'],
])('a target is opened where it is shown: %s', async (type, id, at) => {
  serve({ 'GET /api/v1/audit': { body: { items: [{ ...changed, target: { type, id, name: id } }] } }, ...system(state) });
  show(<AuditPage />, systemAdmin);
  fireEvent.click(await screen.findByRole('button', { name: /^Changed the webhook/ }));
  expect(screen.getByRole('link', { name: 'Open' }).getAttribute('href')).toBe(at);
});

test('refusals that were put together say how often', async () => {
  serve({ ...log, ...system(state) });
  show(<AuditPage />, systemAdmin);
  expect(await screen.findByText('12 times')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: /^Was refused GET/ }));
  expect(await screen.findByText(/12 times: equal refusals are put together/)).toBeTruthy();
});

test('a utility admin sees own actions, is told so, and asks for no more', async () => {
  const asked = serve(log);
  show(<AuditPage />, utilityAdmin, { at: '/?actor=usr_other' });
  await screen.findByText('Changed the webhook https://a.example/hook');
  expect(screen.getByText('You see your own actions.')).toBeTruthy();
  expect(screen.queryByRole('link', { name: 'Export CSV' })).toBeNull();
  expect(screen.queryByLabelText('Who')).toBeNull();
  expect(asked.map((a) => a.call)).toEqual(['GET /api/v1/audit?limit=50']);
});

test('a log that was changed outside says what was found and what to do', async () => {
  serve({ ...log, ...system({ ...state, problem: 'organization org_1: entry 2: altered' }) });
  show(<AuditPage />, systemAdmin);
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('entry 2: altered');
  expect(alert.textContent).toContain('patchboard audit verify');
  expect(alert.textContent).toContain('Verified to entry 5 before that');
});

test('heads that cannot be read are said to be so, and nothing is said of what they vouch for', () => {
  show(<VerificationState state={{ ...state, anchoredTo: 0, headsUnreadable: true }} />, systemAdmin);
  expect(screen.getByText('The signed heads cannot be read')).toBeTruthy();
  expect(screen.getByText('Verified to entry 5')).toBeTruthy();
  expect(screen.queryByText(/Unanchored since/)).toBeNull();
  expect(screen.queryByText(/vouches for the entries up to/)).toBeNull();
});

test('an accepted restore and a missing head are told', () => {
  show(<VerificationState state={{ ...state, anchoredTo: 0, accepted: [{ seq: 4, at, reason: 'The disk failed.' }] }} />, systemAdmin);
  expect(screen.getByText('Accepted after a restore at entry 4')).toBeTruthy();
  expect(screen.getByText('The disk failed.')).toBeTruthy();
  expect(screen.getByText('Unanchored since entry 1')).toBeTruthy();
});
