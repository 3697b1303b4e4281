import { fireEvent, screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { serve, show, systemAdmin, utilityAdmin } from '../system/fixture';
import { Bell } from './Bell';
import type { Alert } from './queries';

const open: Alert = {
  id: 'alr_1',
  kind: 'integration.broken',
  severity: 'problem',
  title: 'Gmail needs to be connected again',
  detail: 'Access was taken back.',
  steps: ['Press “Reconnect”.'],
  link: '/settings/integrations/gmail',
  subject: { type: 'integration', id: 'int_1', name: 'Gmail' },
  opened: '2026-11-28T10:00:00Z',
  read: false,
  told: [
    { phase: 'opened', channel: 'email', to: 'bob@example.com', state: 'failed', attempts: 1, error: 'No such user here' },
    { phase: 'opened', channel: 'webhook', state: 'pending', attempts: 2, error: 'The server answered 503.' },
    { phase: 'opened', channel: 'email', to: 'ada@example.com', state: 'sent', attempts: 1 },
  ],
};
const over: Alert = {
  ...open,
  id: 'alr_2',
  title: 'The webhook Orders was switched off',
  opened: '2026-11-28T11:00:00Z',
  closed: '2026-11-28T11:30:00Z',
  closing: { title: 'The webhook Orders is switched on again', detail: 'Somebody switched it on.' },
  read: true,
  told: [],
};
const news: Alert = { ...open, id: 'alr_3', severity: 'notice', kind: 'api_key.regenerated', title: 'The API key was regenerated', closed: open.opened, read: true, told: [] };

const page = (items: Alert[], unread: number, next?: string) => ({ body: { items, unread, next } });

test('the bell counts what is unread, and opens what is new with what to do', async () => {
  const asked = serve({ 'GET /api/v1/alerts': page([open, over, news], 1), 'POST /api/v1/alerts/read': { body: { unread: 0 } } });
  show(<Bell />, systemAdmin);
  const bell = await screen.findByRole('button', { name: 'Alerts, 1 unread' });
  expect(bell.getAttribute('aria-expanded')).toBe('false');
  fireEvent.click(bell);
  const panel = await screen.findByRole('dialog', { name: 'Alerts' });
  const items = within(await within(panel).findByRole('list', { name: 'Alerts, what lasts first' })).getAllByText(/^(Gmail needs|The webhook Orders was|The API key was)/);
  expect(items.map((item) => item.textContent)).toEqual([open.title, over.title, news.title]);
  expect(within(panel).getAllByText('Access was taken back.')).toHaveLength(2);
  expect(within(panel).getAllByText('Press “Reconnect”.')).toHaveLength(2); // not of the one that is over
  expect(within(panel).getByText('The webhook Orders is switched on again. Somebody switched it on.')).toBeTruthy();
  expect(within(panel).getByText('E-mail to bob@example.com was not sent. No such user here')).toBeTruthy();
  expect(within(panel).getByText(/^Operational webhook is not sent yet/)).toBeTruthy();
  expect(within(panel).queryByText(/ada@example.com/)).toBeNull();
  expect(within(panel).getAllByRole('link', { name: 'Open' })[0]?.getAttribute('href')).toBe(open.link);

  fireEvent.click(within(panel).getByRole('button', { name: `Mark as read: ${open.title}` }));
  await within(panel).findByRole('button', { name: `Mark as read: ${open.title}` });
  fireEvent.click(within(panel).getByRole('button', { name: 'Mark all as read' }));
  await expect.poll(() => asked.filter((each) => each.call.startsWith('POST')).map((each) => JSON.parse(each.body) as unknown)).toEqual([
    { ids: ['alr_1'] },
    { until: over.opened }, // the newest, though it is not the first
  ]);
});

test('there may be none, and very many', async () => {
  serve({ 'GET /api/v1/alerts': page([], 0) });
  show(<Bell />, utilityAdmin);
  fireEvent.click(await screen.findByRole('button', { name: 'Alerts, none unread' }));
  expect(await screen.findByText('When a connection or a webhook stops working, you see it here.')).toBeTruthy();
  expect((screen.getByRole('button', { name: 'Mark all as read' }) as HTMLButtonElement).disabled).toBe(true);
});

test('what is not counted is not shown as a number', async () => {
  serve({ 'GET /api/v1/alerts': page([open], 100, 'more') });
  show(<Bell />, utilityAdmin);
  fireEvent.click(await screen.findByRole('button', { name: 'Alerts, 100 or more unread' }));
  expect(await screen.findByText('99+')).toBeTruthy();
  expect(await screen.findByRole('button', { name: 'Older alerts' })).toBeTruthy();
});

test('a list that cannot be read says so, and is asked for again', async () => {
  let away = true;
  serve({ 'GET /api/v1/alerts': () => (away ? 'offline' : page([open], 1)) });
  show(<Bell />, utilityAdmin);
  fireEvent.click(await screen.findByRole('button', { name: 'Alerts, none unread' }));
  const again = await screen.findByRole('button', { name: 'Retry' });
  away = false;
  fireEvent.click(again);
  expect(await screen.findByText(open.title)).toBeTruthy();
});
