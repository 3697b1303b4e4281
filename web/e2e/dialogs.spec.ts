import { Desk, live, rowsOf } from './delivery-steps.ts';
import { expect, expectAccessible, signIn, test as base } from './fixtures.ts';

// The dialogs that ask once more, which no other spec leaves open: what axe says
// of them, and where the focus goes.

const test = base.extend<{ desk: Desk }>({
  desk: async ({ ownDemo, browser }, use) => {
    const desk = new Desk(ownDemo, browser);
    await use(desk);
    await desk.close();
  },
});

test('what is held, sent again or deleted is asked for accessibly', async ({ desk }) => {
  test.slow();
  const id = await desk.addWebhook('held', ['contact.created'], false);
  await desk.send();
  await desk.quiet();
  const page = await desk.open('system', '/settings/integrations?webhooks=open');
  const list = page.getByRole('dialog', { name: 'Webhook Configuration' });
  await list.getByRole('listitem').filter({ hasText: 'your-api.com/held' }).first().locator('.mantine-Switch-track').click();
  const discard = list.getByRole('button', { name: 'Discard', exact: true });
  await expect(discard).toBeVisible();
  await expectAccessible(page);
  await discard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Discard held deliveries?' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(discard).toBeFocused();

  await page.goto(`/settings/webhooks/${id}`);
  for (const [button, title] of [
    ['Discard', 'Discard 1 held delivery?'],
    ['Delete webhook', 'Delete webhook?'],
  ] as const) {
    await page.getByRole('button', { name: button, exact: true }).press('Enter');
    await expect(page.getByRole('dialog', { name: title })).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: button, exact: true })).toBeFocused();
  }

  await page.goto('/settings/deliveries?state=delivered');
  await rowsOf(page).first().getByRole('link').press('Enter');
  const retry = page.getByRole('dialog', { name: 'Delivery' }).getByRole('button', { name: 'Retry' });
  await retry.press('Enter');
  const again = page.getByRole('dialog', { name: 'Send it again?' });
  await expect(again).toContainText('with the same webhook-id');
  await expectAccessible(page);
  await page.keyboard.press('Escape'); // the upper one alone
  await expect(again).toBeHidden();
  await expect(retry).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await page.goto('/settings/deliveries');
  await page.getByRole('button', { name: 'Replay' }).press('Enter');
  const replay = page.getByRole('dialog', { name: 'Replay a time range' });
  await replay.getByRole('combobox', { name: 'Webhook' }).click();
  await page.getByRole('option', { name: 'https://your-api.com/held' }).click();
  await replay.getByRole('checkbox', { name: 'Discarded' }).check();
  const count = replay.getByRole('button', { name: 'Count first' });
  await count.press('Enter');
  await expect(replay).toContainText('Nothing to send in this range.');
  await expect(count).toBeFocused();
  await expectAccessible(page);
});

test('the question for the password of a session that ended is accessible', async ({ desk }) => {
  const page = await desk.open('utility', '/settings/events');
  await live(page);
  expect((await page.request.delete('/api/v1/session')).ok()).toBe(true);
  await expect(page.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible();
  await expectAccessible(page);
});

test('at 360 px sign-in and an ended session fit', async ({ page, ownDemo }) => {
  const { url, utility } = ownDemo.facts;
  await page.setViewportSize({ width: 360, height: 740 });
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await page.goto(`${url}/sign-in`);
  await expect(page.getByLabel('E-mail address')).toBeVisible();
  expect(await width()).toBe(360);
  await signIn(page, utility, url);
  await page.goto(`${url}/settings/events`);
  await live(page);
  await page.request.delete(`${url}/api/v1/session`);
  await expect(page.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible();
  expect(await width()).toBe(360);
});
