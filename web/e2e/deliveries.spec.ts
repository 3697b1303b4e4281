import { Desk, live, rowsOf } from './delivery-steps.ts';
import { expect, expectAccessible, test as base } from './fixtures.ts';

const test = base.extend<{ desk: Desk }>({
  desk: async ({ ownDemo, browser }, use) => {
    const desk = new Desk(ownDemo, browser);
    await use(desk);
    await desk.close();
  },
});

const deliveries = '/settings/deliveries';
const contacts = 'https://api.example.com/webhooks/contacts';

test('an event that is sent appears in two browsers within 2 s, without a refresh', async ({ desk }) => {
  const system = await desk.open('system', deliveries);
  const utility = await desk.open('utility', deliveries);
  const list = await desk.open('system', '/settings/events');
  for (const page of [system, utility, list]) await live(page);
  await expect(system.getByText('No deliveries yet')).toBeVisible();
  await expect(list.getByText(/curl -sS .*\/api\/v1\/events/)).toContainText('****');
  await desk.send();
  for (const page of [system, utility]) {
    await expect(rowsOf(page)).toHaveCount(1, { timeout: 2_000 });
    await expect(rowsOf(page).first()).toContainText('contact.created');
    await expect(rowsOf(page).first()).toContainText('Delivered', { timeout: 2_000 });
  }
  await expect(rowsOf(list)).toHaveCount(1, { timeout: 2_000 });
});

test('what one reads does not move: new rows wait above, older ones come below', async ({ desk }) => {
  await desk.sendMany(70);
  await desk.quiet();
  const page = await desk.open('utility', deliveries, { width: 1280, height: 600 });
  await live(page);
  await expect(rowsOf(page)).toHaveCount(50);
  const read = rowsOf(page).nth(20);
  await read.scrollIntoViewIfNeeded();
  await page.mouse.wheel(0, 400);
  const id = await read.getByRole('link').getAttribute('href');
  const before = await read.boundingBox();

  await desk.sendMany(3);
  const fresh = page.getByRole('button', { name: '3 new' });
  await expect(fresh).toBeVisible({ timeout: 2_000 });
  await expect(read.getByRole('link')).toHaveAttribute('href', id ?? '');
  expect((await read.boundingBox())?.y).toBe(before?.y);

  await page.getByRole('button', { name: 'Older' }).click();
  await expect(rowsOf(page)).toHaveCount(70);
  await expect(page.getByText('That is all.')).toBeVisible();
  await expect(fresh).toBeVisible();

  await fresh.click();
  await expect(rowsOf(page)).toHaveCount(50);
  await expect(fresh).toBeHidden();
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
  await desk.sendMany(1);
  await expect(rowsOf(page).nth(4).getByRole('link')).not.toHaveAttribute('href', id ?? '');
});

for (const role of ['system', 'utility'] as const) {
  test(`a ${role} administrator sees why a delivery failed, and retries it`, async ({ desk }) => {
    const page = await desk.open(role, deliveries);
    await live(page);
    await desk.behave('fail', 'all');
    await desk.send('contact.created', { id: 'con_secret' });
    const row = rowsOf(page).first();
    await expect(row).toContainText('Receiver failed with 500');

    await row.getByRole('link').click();
    const drawer = page.getByRole('dialog', { name: 'Delivery' });
    await expect(page).toHaveURL(/delivery=dlv_/);
    await expect(drawer).toContainText(/Try \d is due at \d+:\d\d:\d\d|The next try is due now/);
    await expect(drawer.getByText('What to do').first()).toBeVisible();
    await expect(drawer.getByText("Look into the receiver's log").first()).toBeVisible();
    await expect(drawer.getByRole('img', { name: /^Total .*First byte/ })).toBeVisible();
    if (role === 'system') {
      const response = drawer.getByRole('heading', { name: 'Response: Status 500' });
      const request = drawer.getByRole('heading', { name: 'Request' });
      await expect(response).toBeVisible();
      expect((await response.boundingBox())?.y ?? 0).toBeLessThan((await request.boundingBox())?.y ?? 0);
      await expect(drawer).toContainText('con_secret');
      await expect(drawer).toContainText('webhook-signature');
    } else {
      await expect(drawer).toContainText('shown to system administrators only');
      await expect(drawer).not.toContainText('con_secret');
      await expect(drawer).not.toContainText('webhook-signature');
    }

    await desk.behave('accept', 'all');
    await drawer.getByRole('button', { name: 'Retry' }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'On its way' })).toBeVisible();
    await expect(drawer).toContainText(/Arrived with try \d\./, { timeout: 2_000 });
    await expect(drawer.getByRole('button', { name: /^Try 2/ })).toBeVisible();

    await page.goBack();
    await expect(drawer).toBeHidden();
    await expect(page).toHaveURL(/deliveries$/);
    await expect(row.getByRole('link')).toBeFocused();
  });
}

test('a retry that the server was away for is offered again, in the list and in the drawer', async ({ desk }) => {
  await desk.behave('gone', 'all');
  await desk.send();
  await desk.quiet();
  await desk.behave('accept', 'all');
  await desk.switch(await desk.webhook(), true);
  const page = await desk.open('utility', deliveries);
  await live(page);
  const row = rowsOf(page).first();
  const retry = row.getByRole('button', { name: /^Retry/ });
  await page.route('**/retry', (route) => route.abort());
  await retry.press('Enter');
  const told = page.getByRole('alert').filter({ hasText: 'The server cannot be reached' });
  await expect(told).toBeVisible();
  await expect(retry).toBeFocused(); // a button at work keeps the focus

  await row.getByRole('link').click();
  const drawer = page.getByRole('dialog', { name: 'Delivery' });
  await drawer.getByRole('button', { name: 'Retry' }).click();
  const again = drawer.getByRole('alert').getByRole('button', { name: 'Retry' });
  await expect(again).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();

  await page.unroute('**/retry');
  await told.getByRole('button', { name: 'Retry' }).click();
  await expect(row).toContainText('Delivered');
});

test('the deliveries of a deleted webhook stay, and say that it is gone', async ({ desk }) => {
  const id = await desk.addWebhook('short-lived', ['contact.created']);
  await desk.send();
  await desk.quiet();
  const page = await desk.open('system', `${deliveries}?webhook=${id}`);
  await rowsOf(page).first().getByRole('link').click();
  const drawer = page.getByRole('dialog', { name: 'Delivery' });
  const link = drawer.getByRole('link', { name: 'https://your-api.com/short-lived' });
  await expect(link).toHaveAttribute('href', `/settings/webhooks/${id}`);
  await live(page);
  expect((await page.request.delete(`/api/v1/webhooks/${id}`)).ok()).toBe(true);
  await expect(drawer).toContainText('https://your-api.com/short-lived (deleted webhook)', { timeout: 2_000 });
  await expect(link).toHaveCount(0);
  await expect(drawer.getByRole('button', { name: 'Retry' })).toHaveAttribute('aria-disabled', 'true');
  await expect(drawer).toContainText('Its webhook was deleted, so nothing can be sent to it.');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('combobox', { name: 'Webhook' })).toHaveValue(`Deleted webhook ${id}`);
});

test('filters and the open delivery are in the address', async ({ desk }) => {
  await desk.send('contact.created');
  await desk.send('contact.updated', { id: 'con_1', changedFields: ['email'] });
  const page = await desk.open('system', deliveries);
  await expect(rowsOf(page)).toHaveCount(2);
  await page.getByRole('combobox', { name: 'Event type' }).click();
  await page.getByRole('option', { name: 'contact.updated' }).click();
  await expect(rowsOf(page)).toHaveCount(1);
  await page.getByLabel('Search', { exact: true }).fill('changedFields');
  await expect(page).toHaveURL(/type=contact.updated&text=changedFields/);
  await expect(page.getByText('the search looks 7 days back')).toBeVisible();
  await rowsOf(page).first().getByRole('link').press('Enter');
  await expect(page.getByRole('dialog', { name: 'Delivery' })).toBeVisible();

  await page.reload();
  const drawer = page.getByRole('dialog', { name: 'Delivery' });
  await expect(drawer).toContainText('contact.updated');
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect(rowsOf(page)).toHaveCount(1);
  await page.getByRole('combobox', { name: 'State' }).click();
  await page.getByRole('option', { name: 'Failed' }).click();
  await expect(page.getByText('No delivery matches')).toBeVisible();
  await page.goBack();
  await expect(rowsOf(page)).toHaveCount(1);
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await expect(page).toHaveURL(/deliveries$/);
  await expect(rowsOf(page)).toHaveCount(2);
});

test('the arrow keys go from row to row', async ({ desk }) => {
  await desk.sendMany(3);
  const page = await desk.open('utility', deliveries);
  await rowsOf(page).nth(0).getByRole('link').focus();
  await page.keyboard.press('ArrowDown');
  await expect(rowsOf(page).nth(1).getByRole('link')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(rowsOf(page).nth(0).getByRole('link')).toBeFocused();
});

test('a system administrator replays: the count first, then what was counted', async ({ desk }) => {
  await desk.sendMany(3);
  await desk.addWebhook('later', ['contact.created']);
  const page = await desk.open('system', deliveries);
  await page.getByRole('button', { name: 'Replay' }).click();
  const dialog = page.getByRole('dialog', { name: 'Replay a time range' });
  await dialog.getByRole('button', { name: 'Count first' }).click();
  await expect(dialog).toContainText('Choose a webhook');
  await dialog.getByRole('combobox', { name: 'Webhook' }).click();
  await page.getByRole('option', { name: 'https://your-api.com/later' }).click();
  await dialog.getByRole('button', { name: 'Count first' }).click();
  await expect(dialog).toContainText('3 deliveries would be sent.');
  await expect(dialog).toContainText('3 never sent');
  expect(await rowsOf(page).count()).toBe(3); // counting sends nothing
  await dialog.getByRole('button', { name: 'Send 3 deliveries' }).click();
  await expect(dialog).toContainText('3 deliveries on the way.');
  await dialog.getByRole('button', { name: 'Show them' }).click();
  await expect(page).toHaveURL(/webhook=wh_/);
  await expect(rowsOf(page)).toHaveCount(3);
  await expect(rowsOf(page).filter({ hasText: 'Delivered' })).toHaveCount(3);
});

test('a utility administrator sees the replay closed, with the reason', async ({ desk }) => {
  const page = await desk.open('utility', deliveries);
  const replay = page.getByRole('button', { name: 'Replay' });
  await expect(replay).toHaveAttribute('aria-disabled', 'true');
  await replay.focus();
  await expect(page.getByRole('tooltip')).toContainText('Only a system administrator can replay a time range.');
});

test('deliveries are accessible', async ({ desk }) => {
  test.slow();
  const page = await desk.open('system', deliveries);
  await expectAccessible(page);
  await desk.behave('fail', 'all');
  await desk.send();
  await expect(rowsOf(page).first()).toContainText('Receiver failed with 500');
  await expectAccessible(page);
  await rowsOf(page).first().getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'Response: Status 500' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByRole('button', { name: 'Count first' })).toBeVisible();
  await expectAccessible(page);
});

test('at 380 px deliveries are cards, and nothing sticks out', async ({ desk }) => {
  await desk.sendMany(2);
  const page = await desk.open('utility', deliveries, { width: 380, height: 800 });
  const cards = page.getByRole('list', { name: 'Deliveries, newest events first' }).getByRole('listitem');
  await expect(cards).toHaveCount(2);
  await expect(cards.first()).toContainText(contacts);
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  expect(await width()).toBe(380);
  await expectAccessible(page);
  await cards.first().getByRole('link').click();
  await expect(page.getByRole('dialog', { name: 'Delivery' })).toContainText('Arrived with the first try.');
  expect(await width()).toBe(380);
});

for (const [at, list] of [
  [`${deliveries}?state=delivered&range=24h`, 'Deliveries, newest events first'],
  ['/settings/events?type=contact.created&range=7d', 'Events, newest first'],
  ['/settings/audit?action=session&result=ok', 'Entries, newest first'],
] as const) {
  test(`on a phone the filters of ${at.split('?')[0]} are behind a button that says how many are set`, async ({ desk }) => {
    await desk.send();
    await desk.quiet();
    const page = await desk.open('system', at, { width: 380, height: 800 });
    const filters = page.getByRole('search');
    const button = filters.getByRole('button', { name: 'Filters (2)' });
    await expect(page.getByRole('list', { name: list }).getByRole('listitem').first()).toBeInViewport();
    await expect(filters.getByRole('combobox', { name: 'Time' })).toBeHidden();
    await button.click();
    await expect(button).toHaveAttribute('aria-expanded', 'true');
    await expect(filters.getByRole('combobox', { name: 'Time' })).toBeVisible();
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(380);
    await filters.getByRole('button', { name: 'Clear filters' }).click();
    await expect(filters.getByRole('button', { name: 'Filters', exact: true })).toBeVisible();
    await filters.getByLabel('Search').fill('no such words');
    await expect(page).toHaveURL(/text=no\+such\+words/);
  });
}
