import { act, configure, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import ConfigurationModal from '../ConfigurationModal';
import type { Webhook } from '../overlay';
import { json, sample, serve, session, world } from '../testing';

// The whole dialog on a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });
configure({ asyncUtilTimeout: 5_000 });
afterEach(() => vi.unstubAllGlobals());

const on = { onClose: vi.fn(), onAdd: vi.fn(), onEdit: vi.fn(), onList: vi.fn() };

// show opens the dialog on one webhook, for which so many deliveries are held.
async function show(webhook: Partial<Webhook>, held = 0, who = session()) {
  let stored: Webhook = { ...sample, ...webhook };
  let left = held;
  const asked = serve(({ method, path, body }) => {
    if (path.endsWith('/held')) {
      const deliveries = left;
      left = 0;
      return json({ deliveries });
    }
    if (path.endsWith('/test')) return json({ ok: true, status: 200, timing: { totalMs: 4 } });
    if (method === 'PATCH') stored = { ...stored, enabled: body.enabled === true, status: body.enabled ? 'active' : 'off', version: stored.version + 1 };
    if (path === '/webhooks') return json({ activeWebhooks: [{ ...stored, hasHeld: left > 0 }], availableEvents: sample.events });
    return json({ ...stored, waiting: { pending: 0, held: left } });
  });
  render(<ConfigurationModal opened adding={false} editing={null} {...on} />, { wrapper: world(who).wrapper });
  await screen.findByRole('switch');
  return () => asked.filter((one) => one.method !== 'GET');
}

async function press(name: string) {
  const button = await screen.findByRole('button', { name });
  act(() => button.focus()); // as a click does
  fireEvent.click(button);
}
const link = () => screen.getByRole('link', { name: sample.url });

test('what is held for a webhook that is on is offered whenever the dialog is opened, and can be put off', async () => {
  await show({}, 2);
  await screen.findByText('2 deliveries are held: they came while nothing was sent.');
  screen.getByRole('button', { name: 'Send 2 held' });
  await press('Decide later');
  expect(screen.queryByText(/are held/)).toBeNull();
  await waitFor(() => expect(document.activeElement).toBe(link()));
});

test('it is sent by one click', async () => {
  const sent = await show({}, 1);
  await press('Send 1 held');
  await screen.findByText('1 delivery on the way');
  expect(sent().map((one) => [one.path, one.body])).toEqual([['/webhooks/wh_1/held', { action: 'send' }]]);
  expect(screen.queryByRole('button', { name: 'Send 1 held' })).toBeNull();
});

test('it is discarded after a question that names the webhook', async () => {
  const sent = await show({}, 2);
  await press('Discard');
  const asking = await screen.findByRole('dialog', { name: 'Discard held deliveries?' });
  expect(asking.textContent).toContain(`2 deliveries held for ${sample.url} will never be sent.`);
  expect(sent()).toEqual([]);
  fireEvent.click(screen.getAllByRole('button', { name: 'Discard' }).at(-1) as HTMLElement);
  await screen.findByText('2 deliveries discarded');
  expect(sent().map((one) => one.body)).toEqual([{ action: 'discard' }]);
});

test('a utility administrator sends, and reads who may discard', async () => {
  await show({}, 2, session(['webhook.read', 'webhook.write', 'delivery.send']));
  await press('Discard');
  expect(screen.queryByRole('dialog', { name: 'Discard held deliveries?' })).toBeNull();
  const discard = screen.getByRole('button', { name: 'Discard' });
  expect(discard.getAttribute('aria-disabled')).toBe('true');
  expect(discard.getAttribute('aria-description')).toBe('Only a system administrator can discard held deliveries.');
});

test('nothing is offered while the webhook is off, nor when nothing is held', async () => {
  await show({ enabled: false, status: 'off' }, 2);
  expect(screen.queryByText(/are held/)).toBeNull();
  fireEvent.click(screen.getByRole('switch'));
  await screen.findByText(/2 deliveries are held/);
});

test('a reason that is put off gives the focus back to the webhook', async () => {
  await show({});
  fireEvent.click(screen.getByRole('switch'));
  await press('No reason');
  await waitFor(() => expect(document.activeElement).toBe(link()));
});

test('the result of a test gives the focus back when it is dismissed', async () => {
  await show({});
  await press(`Test ${sample.url}`);
  await press('Dismiss the result');
  await waitFor(() => expect(document.activeElement).toBe(link()));
});
