import { fireEvent, screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { serve, show, systemAdmin, utilityAdmin } from '../system/fixture';
import AlertsPage from './AlertsPage';
import { merged, type Preference, type Routes } from './queries';

const kinds = ['integration.broken', 'webhook.disabled'];
const preferences = (own = false, mail = true) => ({
  body: { mail, items: kinds.map<Preference>((kind) => ({ kind, email: true, own: own && kind === 'webhook.disabled' })) },
});
const routes: Routes = {
  items: kinds.map((kind) => ({ kind, severity: 'problem', mailSystemAdmins: true, mailUtilityAdmins: true, slack: false, webhook: false })),
  slackChannel: '',
  webhookUrl: '',
  version: 1,
};
const admin = [...systemAdmin, 'alert.read', 'alert.route'];

test('a utility admin chooses for themselves alone', async () => {
  const asked = serve({ 'GET /api/v1/alert-preferences': preferences(), 'PUT /api/v1/alert-preferences': preferences(true) });
  show(<AlertsPage />, [...utilityAdmin, 'alert.read']);
  const mine = await screen.findByRole('switch', { name: 'E-mail to me: A webhook is switched off by itself' });
  expect(screen.getAllByRole('columnheader').map((column) => column.textContent)).toEqual(['Alert', 'E-mail to me']);
  expect(screen.queryByRole('region', { name: 'Operational webhook' })).toBeNull();
  fireEvent.click(mine);
  await expect.poll(() => asked.find((each) => each.call.startsWith('PUT'))?.body).toBe(
    JSON.stringify({ items: [{ kind: 'webhook.disabled', email: false, own: true }] }),
  );
  expect(asked.some((each) => each.call.includes('alert-routes'))).toBe(false);
});

test('what one chose can follow the role again', async () => {
  const asked = serve({ 'GET /api/v1/alert-preferences': preferences(true), 'PUT /api/v1/alert-preferences': preferences() });
  show(<AlertsPage />, [...utilityAdmin, 'alert.read']);
  fireEvent.click(await screen.findByRole('button', { name: 'Follow the default of my role again: A webhook is switched off by itself' }));
  await expect.poll(() => asked.find((each) => each.call.startsWith('PUT'))?.body).toContain('"own":false');
});

test('a system admin sets the routes; a switch holds at once and goes back when it is refused', async () => {
  const refused = { status: 412, body: { type: '/problems/x', title: 'No', status: 412, detail: 'No.', fix: 'Later.' } };
  const asked = serve({ 'GET /api/v1/alert-preferences': preferences(), 'GET /api/v1/alert-routes': { body: routes }, 'PUT /api/v1/alert-routes': refused });
  show(<AlertsPage />, admin);
  const slack = (await screen.findByRole('switch', { name: 'Slack: A connection does not work' })) as HTMLInputElement;
  const webhook = screen.getByRole('switch', { name: 'Operational webhook: A connection does not work' }) as HTMLInputElement;
  expect(webhook.disabled).toBe(true); // there is none
  fireEvent.click(slack);
  await expect.poll(() => asked.some((each) => each.call.startsWith('PUT'))).toBe(true);
  expect(JSON.parse(asked.find((each) => each.call.startsWith('PUT'))?.body ?? '')).toEqual({ items: [{ ...routes.items[0], slack: true }] });
  await expect.poll(() => slack.checked).toBe(false);
});

test('the operational webhook is set up, and its secret shown once', async () => {
  const url = 'https://alerts.example.com/patchboard';
  let stored = routes;
  serve({
    'GET /api/v1/alert-preferences': preferences(),
    'GET /api/v1/alert-routes': () => ({ body: stored }),
    'PUT /api/v1/alert-routes': () => {
      stored = { ...routes, webhookUrl: url, version: 2 };
      return { body: { ...stored, webhookSecret: 'whsec_abc' } };
    },
    'POST /api/v1/alert-routes/test': { body: { ok: false, to: 'alerts.example.com', detail: 'The server answered 503.', durationMs: 12 } },
  });
  show(<AlertsPage />, admin);
  const way = within(await screen.findByRole('region', { name: 'Operational webhook' }));
  const test = way.getByRole('button', { name: 'Send a test alert' }) as HTMLButtonElement;
  expect(test.disabled).toBe(true);
  fireEvent.change(way.getByLabelText('URL'), { target: { value: ` ${url} ` } });
  fireEvent.click(way.getByRole('button', { name: 'Save' }));
  expect(((await way.findByRole('textbox', { name: 'Signing secret' })) as HTMLInputElement).value).toBe('whsec_abc');
  await expect.poll(() => test.disabled).toBe(false);
  fireEvent.click(test);
  expect(await way.findByText('It did not arrive')).toBeTruthy();
  expect(way.getByText('To alerts.example.com: The server answered 503. (12 ms)')).toBeTruthy();
});

test('a refused address says why at its field', async () => {
  const body = { type: '/problems/alert-webhook-refused', title: 'x', status: 422, detail: 'The URL leads to 10.0.0.1; only public addresses are allowed.', fix: 'y' };
  serve({ 'GET /api/v1/alert-preferences': preferences(), 'GET /api/v1/alert-routes': { body: routes }, 'PUT /api/v1/alert-routes': { status: 422, body } });
  show(<AlertsPage />, admin);
  const way = within(await screen.findByRole('region', { name: 'Operational webhook' }));
  fireEvent.change(way.getByLabelText('URL'), { target: { value: 'https://10.0.0.1/' } });
  fireEvent.click(way.getByRole('button', { name: 'Save' }));
  expect(await way.findByText(body.detail)).toBeTruthy();
  expect((way.getByLabelText('URL') as HTMLInputElement).value).toBe('https://10.0.0.1/');
});

test('without a mail server it is said which setting is missing', async () => {
  serve({ 'GET /api/v1/alert-preferences': preferences(false, false), 'GET /api/v1/alert-routes': { body: routes } });
  show(<AlertsPage />, admin);
  expect(await screen.findByText(/--smtp-address and --smtp-from/)).toBeTruthy();
  expect((screen.getByRole('button', { name: 'Send a test mail' }) as HTMLButtonElement).disabled).toBe(true);
});

test('a changed kind takes the place of the stored one', () => {
  expect(merged([{ kind: 'a', on: 1 }, { kind: 'b', on: 1 }], [{ kind: 'b', on: 2 }])).toEqual([{ kind: 'a', on: 1 }, { kind: 'b', on: 2 }]);
});
