import { notifications } from '@mantine/notifications';
import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { answer, problem, show, type Answers } from '../../apikey/fixture';
import { forgetDrafts } from '../../draft';
import { t } from '../../text';
import { attention, channels, connectedSlack, gmailDetail, hubspot, run, slackDetail } from '../fixture';
import type { Detail } from '../types';
import IntegrationPage from './IntegrationPage';

const track = vi.hoisted(() => vi.fn());
vi.mock('../../track', () => ({ track }));

vi.setConfig({ testTimeout: 40_000 });
configure({ asyncUtilTimeout: 8_000 });
const words = t.integrationPage;
const path = '/settings/integrations/:slug';
let current: Detail = gmailDetail;

beforeEach(() => {
  forgetDrafts();
  notifications.clean();
  track.mockClear();
});

const strip = [
  { from: '2026-11-28T08:00:00Z', to: '2026-11-28T09:00:00Z', checks: 12, failed: 0, worst: 'healthy' },
  { from: '2026-11-28T09:00:00Z', to: '2026-11-28T10:00:00Z', checks: 11, failed: 2, worst: 'error' },
];
const items = [
  { at: '2026-11-28T09:55:00Z', ok: false, class: 'provider_down', code: '503', detail: 'Backend Error', status: 'error', durationMs: 40, trigger: 'schedule' },
  { at: '2026-11-28T09:50:00Z', ok: true, status: 'healthy', durationMs: 30, trigger: 'manual' },
];

async function open(detail: Detail, more: Answers = {}, role: 'system_admin' | 'utility_admin' = 'system_admin', at = '') {
  current = detail;
  const base = `/api/v1/integrations/${detail.slug}`;
  const asked = answer({
    [`GET ${base}`]: () => ({ body: current }),
    [`GET ${base}/health`]: { body: { strip, items } },
    [`GET ${base}/syncs`]: { body: { items: [run] } },
    [`GET ${base}/notifications`]: { body: { items: [] } },
    [`GET ${base}/choices`]: { body: detail.notifies ? channels : { fields: [{ name: 'labels', choices: [] }] } },
    'GET /api/v1/event-types': { body: { items: [] } },
    ...more,
  });
  const page = show(<IntegrationPage />, { role, at: `/settings/integrations/${detail.slug}${at}`, path });
  await screen.findByRole('heading', { level: 1, name: detail.name });
  const live = async (next: Detail) => {
    current = next;
    await page.client.invalidateQueries({ queryKey: ['integrations'] });
  };
  return { ...page, live, sent: () => asked.filter(({ call }) => !call.startsWith('GET')), asked };
}

const part = (name: string) => within(screen.getByRole('region', { name }));
const press = (scope: ReturnType<typeof within>, name: string) => fireEvent.click(scope.getByRole('button', { name }));

test('it says whose account it is, how it stands, and how old the data are', async () => {
  await open(gmailDetail);
  screen.getByRole('heading', { level: 1, name: 'Gmail' });
  const status = screen.getByRole('region', { name: words.status.title });
  expect(status.textContent).toMatch(/Connected.*ana@example\.org.*by ada@example\.com.*Healthy/);
  expect(document.querySelector('[data-freshness]')?.textContent).toMatch(/^Mail is \d+ (days?|hours?|minutes?) old$/);
  const sync = screen.getByRole('region', { name: words.sync.title });
  expect(sync.textContent).toContain('Every 5 minutes');
  expect(sync.textContent).toContain('120 e-mails');
});

test('it says how much of a quota of calls is used, and when that was read', async () => {
  await open({ ...gmailDetail, usage: { label: 'API calls in 24 hours, by all programs', used: 1018, limit: 15000, readAt: '2026-11-28T10:00:00Z' } });
  const status = part(words.status.title);
  status.getByText('API calls in 24 hours, by all programs');
  status.getByText(/^1,018 of 15,000 used/);
});

test('each permission says if it was granted', async () => {
  await open({ ...gmailDetail, scopes: [...gmailDetail.scopes, { name: 'gmail.readonly', why: 'To read text.', required: true, granted: false }] });
  const lines = part(words.scopes.title).getAllByRole('listitem').map((item) => item.textContent);
  expect(lines[0]).toMatch(/To read who wrote to whom\.granted/);
  expect(lines[1]).toMatch(/To list labels\.not granted/);
  expect(lines[1]).not.toContain(words.scopes.missing);
  expect(lines[2]).toContain(words.scopes.missing);
});

test('a test shows each step, and is told as a review of the status', async () => {
  const steps = [
    { name: 'dns', state: 'ok', detail: '', durationMs: 2 },
    { name: 'tls', state: 'failed', detail: 'certificate signed by unknown authority', durationMs: 5 },
    { name: 'call', state: 'skipped', detail: '', durationMs: 0 },
  ];
  const { sent } = await open(gmailDetail, { 'POST /api/v1/integrations/gmail/check': { body: { ok: false, health: gmailDetail.health, steps, guidance: attention } } });
  press(part(words.test.title), t.integrations.check.title);
  await part(words.test.title).findByText(t.integrations.check.failed);
  const lines = within(part(words.test.title).getByRole('list', { name: t.integrations.check.title })).getAllByRole('listitem');
  expect(lines.map((line) => line.textContent)).toEqual(['Name found (DNS): passed (2 ms)', 'Secure connection (TLS): failedcertificate signed by unknown authority', 'A call: not reached']);
  part(words.test.title).getByText(attention.cause);
  expect(sent().map(({ call }) => call)).toEqual(['POST /api/v1/integrations/gmail/check']);
  expect(track.mock.calls).toEqual([['integration_status_reviewed', { status_type: 'healthy', action_taken: 'tested' }]]);
});

test('who only looks is counted so, once, on leaving', async () => {
  await open(gmailDetail);
  expect(track).not.toHaveBeenCalled();
  window.dispatchEvent(new Event('pagehide'));
  window.dispatchEvent(new Event('pagehide'));
  expect(track.mock.calls).toEqual([['integration_status_reviewed', { status_type: 'healthy', action_taken: 'none' }]]);
});

test('what is wrong has steps, the one button, and a way to verify', async () => {
  const { router } = await open({ ...gmailDetail, status: 'Reconnect needed', health: { status: 'reauthorize', since: '2026-11-28T09:00:00Z', detail: 'Token has been revoked.', code: 'invalid_grant' }, attention }, {}, 'utility_admin', '#guidance');
  const status = part(words.status.title);
  status.getByText('Connect again.');
  status.getByText(t.integrations.attention.who.admin);
  status.getByText('Token has been revoked. (invalid_grant)');
  status.getByRole('button', { name: words.status.verify });
  await waitFor(() => expect(document.activeElement?.id).toBe('guidance'));
  press(status, 'Reconnect');
  await waitFor(() => expect(router.state.location.search).toBe('?connect=gmail&step=signin'));
  expect(track.mock.calls).toEqual([['integration_status_reviewed', { status_type: 'reauthorize', action_taken: 'reconnected' }]]);
});

test('it is paused at once', async () => {
  const { sent } = await open(gmailDetail, { 'PATCH /api/v1/integrations/gmail': () => ({ body: (current = { ...gmailDetail, enabled: false, status: 'Paused', statusBy: 'ada@example.com', version: 4 }) }) });
  fireEvent.click(part(words.status.title).getByRole('switch'));
  await part(words.status.title).findByText('Paused');
  await part(words.sync.title).findByText(words.sync.paused);
  expect(part(words.sync.title).getByRole('button', { name: words.sync.now })).toHaveProperty('disabled', true);
  expect(sent()).toEqual([{ call: 'PATCH /api/v1/integrations/gmail', body: { enabled: false } }]);
  expect(track.mock.calls).toEqual([['integration_status_reviewed', { status_type: 'healthy', action_taken: 'paused' }]]);
});

test('a sync is started, and followed live', async () => {
  const running = { ...run, state: 'running' as const, read: 57 };
  const { live, sent } = await open(gmailDetail, { 'POST /api/v1/integrations/gmail/sync': { status: 202, body: { run: running } } });
  press(part(words.sync.title), words.sync.now);
  await screen.findByText(words.sync.started);
  expect(sent()).toEqual([{ call: 'POST /api/v1/integrations/gmail/sync', body: {} }]);
  await live({ ...gmailDetail, syncing: true, sync: { ...gmailDetail.sync, everySeconds: 300, records: [], running } });
  await part(words.sync.title).findByText('57');
});

test('everything is read again after a question, with events if they are asked for', async () => {
  const { sent } = await open(gmailDetail, { 'POST /api/v1/integrations/gmail/sync': { status: 202, body: { run } } });
  press(part(words.sync.title), words.sync.full);
  const dialog = within(await screen.findByRole('dialog', { name: words.sync.fullTitle }));
  fireEvent.click(dialog.getByRole('checkbox', { name: words.sync.fullEvents }));
  press(dialog, words.sync.fullConfirm);
  await waitFor(() => expect(sent()).toEqual([{ call: 'POST /api/v1/integrations/gmail/sync', body: { full: true, events: true } }]));
});

test('the history is a strip with a text, and a table', async () => {
  const { router } = await open(gmailDetail);
  const history = part(words.history.title);
  await history.findByRole('img', { name: '24 hours: 23 checks, 2 failed' });
  expect(history.getByRole('table', { name: words.history.list }).textContent).toMatch(/Backend Error.*by schedule.*Passed.*by hand/);
  press(history, words.history.showTable);
  const rows = within(history.getByRole('table', { name: words.history.title })).getAllByRole('row');
  expect(rows.map((row) => row.textContent?.replace(/^.*(?=healthy|error)/, ''))).toEqual(['FromWorstChecksFailed', 'error112', 'healthy120']);
  fireEvent.click(history.getByRole('radio', { name: '7 days' }));
  await waitFor(() => expect(router.state.location.search).toBe('?health=7d'));
});

test('the log tells what each sync did, and why one stopped', async () => {
  const failed = { ...run, id: 'syn_2', state: 'failed', kind: 'first', failure: { class: 'rate_limited', code: 'rateLimitExceeded', detail: 'Too many calls.', guidance: { ...attention, cause: 'Gmail takes fewer calls.' } } };
  await open(gmailDetail, { 'GET /api/v1/integrations/gmail/syncs': { body: { items: [failed, run] } } });
  const log = part(words.log.title);
  const table = await log.findByRole('table', { name: words.log.title });
  expect(within(table).getAllByRole('row')[2]?.textContent).toMatch(/Succeededby schedule1232160?6?900 ms|Succeededby schedule12\s*3\s*2\s*1\s*6\s*900 ms/);
  expect(log.queryByText('Gmail takes fewer calls.')).toBeNull();
  fireEvent.click(within(table).getByRole('button', { name: words.log.details(failed.startedAt) }));
  log.getByText('Gmail takes fewer calls.');
  log.getByText(/Too many calls\. \(rateLimitExceeded\)/);
});

test('a part that is off is named, of a sync that succeeded', async () => {
  const off = { ...run, off: ['Campaigns: the permission marketing.campaigns.read was not granted, so this part is off.'] };
  await open({ ...gmailDetail, sync: { ...gmailDetail.sync, everySeconds: 300, records: [], lastRun: off } }, { 'GET /api/v1/integrations/gmail/syncs': { body: { items: [off] } } });
  part(words.sync.title).getByText(words.run.off);
  part(words.sync.title).getByText(/^Campaigns: /);
  const log = part(words.log.title);
  fireEvent.click(await log.findByRole('button', { name: words.log.details(off.startedAt) }));
  log.getByText('Succeeded');
  log.getByText(/^Campaigns: /);
});

const impact = { events: 14, notifications: 0, syncs: 2016, records: 120, webhooks: [{ id: 'wh_1', url: 'https://api.example.com/hook', events: ['email.sent'] }] };

test.each([true, false])('a disconnect says what stops and stays, and what came of it (revoked: %s)', async (revoked) => {
  const { sent } = await open(gmailDetail, {
    'GET /api/v1/integrations/gmail/impact': { body: impact },
    'DELETE /api/v1/integrations/gmail/connection': () => {
      current = { ...gmailDetail, status: 'Available', enabled: false, health: undefined, sync: undefined };
      return { body: { revoked, message: 'Google says so.', stays: 'Records stay.' } };
    },
  });
  press(part(words.disconnect.title), words.disconnect.action);
  const dialog = within(await screen.findByRole('dialog', { name: words.disconnect.question('Gmail') }));
  await dialog.findByText('Events that its records raised: 14');
  for (const text of ['Reading from it: 2,016 syncs', 'What was read stays.']) dialog.getByText(text);
  expect(dialog.getAllByRole('listitem').at(-1)?.textContent).toBe('https://api.example.com/hook: email.sent');
  press(dialog, words.disconnect.confirm);
  await screen.findByText(words.disconnect.done('Gmail'));
  expect(screen.queryByText(words.disconnect.byHand) === null).toBe(revoked);
  screen.getByText('Records stay.');
  screen.getByText('It is not connected.');
  expect(screen.queryByRole('region', { name: words.disconnect.title })).toBeNull();
  expect(sent()).toEqual([{ call: 'DELETE /api/v1/integrations/gmail/connection', body: null }]);
  expect(track).toHaveBeenCalledWith('integration_status_reviewed', { status_type: 'healthy', action_taken: 'disconnected' });
});

test('a disconnect that is refused says why, and nothing is gone', async () => {
  await open(gmailDetail, { 'GET /api/v1/integrations/gmail/impact': { body: impact }, 'DELETE /api/v1/integrations/gmail/connection': problem(503, 'away', 'Not now.') });
  press(part(words.disconnect.title), words.disconnect.action);
  const dialog = within(await screen.findByRole('dialog'));
  press(dialog, words.disconnect.confirm);
  await dialog.findByText('Not now.');
  screen.getByRole('region', { name: words.sync.title });
});

test('a system administrator changes the application, another reads who can', async () => {
  const { sent } = await open(gmailDetail, { 'PUT /api/v1/integrations/gmail/app': problem(422, 'invalid', 'That is no client id.') });
  const app = part(words.app.title);
  expect(app.getByRole('textbox', { name: words.app.clientId })).toHaveProperty('value', 'client-1');
  fireEvent.change(app.getByLabelText(words.app.clientSecret), { target: { value: 'new secret' } });
  press(app, words.app.save);
  await app.findByText('That is no client id.');
  expect(app.getByLabelText(words.app.clientSecret)).toHaveProperty('value', 'new secret'); // not lost
  expect(sent()).toEqual([{ call: 'PUT /api/v1/integrations/gmail/app', body: { clientId: 'client-1', clientSecret: 'new secret' } }]);
});

test('one of the organization stands in for that of the configuration', async () => {
  const app = { ...gmailDetail.app, source: 'configuration' as const };
  const { sent } = await open({ ...gmailDetail, app }, { 'PUT /api/v1/integrations/gmail/app': { body: gmailDetail } });
  const card = part(words.app.title);
  card.getByText(words.app.fromConfiguration);
  expect(card.queryByLabelText(words.app.clientSecret)).toBeNull();
  press(card, words.app.own);
  fireEvent.change(card.getByRole('textbox', { name: words.app.clientId }), { target: { value: 'ours' } });
  fireEvent.change(card.getByLabelText(words.app.clientSecret), { target: { value: 'shh' } });
  press(card, words.app.save);
  await waitFor(() => expect(sent()).toEqual([{ call: 'PUT /api/v1/integrations/gmail/app', body: { clientId: 'ours', clientSecret: 'shh' } }]));
});

test('a utility administrator sees no client id, and whom to ask', async () => {
  const app = { ...slackDetail.app, mayEdit: false, clientId: undefined, configured: false, source: '' as const };
  const { sent } = await open({ ...slackDetail, configured: false, app }, { 'POST /api/v1/integrations/slack/request': { status: 202 } }, 'utility_admin');
  const card = part(words.app.title);
  expect(card.queryByLabelText(words.app.clientSecret)).toBeNull();
  press(card, t.connect.setup.ask);
  await card.findByText(t.connect.setup.asked);
  expect(sent()).toEqual([{ call: 'POST /api/v1/integrations/slack/request', body: null }]);
});

test('Slack has its messages, and no sync', async () => {
  const item = { id: 'ntf_1', event: 'evt_1', eventType: 'contact.created', title: 'New contact', channel: 'C0SALES', state: 'failed', attempts: 2, error: 'is_archived', at: '2026-11-28T10:00:00Z' };
  await open(connectedSlack, { 'GET /api/v1/integrations/slack/notifications': { body: { items: [item] } } });
  const messages = part(words.notifications.title);
  await messages.findByText('contact.created');
  expect(messages.getByRole('table').textContent).toMatch(/New contact.*C0SALES.*Failed.*is_archived \(2 tries\)/);
  expect(screen.queryByRole('region', { name: words.sync.title })).toBeNull();
  expect(screen.queryByRole('region', { name: words.log.title })).toBeNull();
});

test('one that is not connected opens its guide', async () => {
  const { router } = await open({ ...slackDetail, ...hubspot, does: [], scopes: [], fields: [] });
  expect(screen.getByRole('region', { name: words.app.title })).toBeTruthy();
  press(part(words.status.title), 'Connect');
  await waitFor(() => expect(router.state.location.search).toBe('?connect=hubspot'));
});

test('an address of none says so', async () => {
  current = { ...gmailDetail, slug: 'moon' };
  answer({ 'GET /api/v1/integrations/moon': problem(404, 'integration-not-found', 'No.') });
  show(<IntegrationPage />, { at: '/settings/integrations/moon', path });
  await screen.findByText(words.gone);
});
