import { expect, expectAccessible, signIn, test } from './fixtures.ts';

const places = ['Integrations', 'Records', 'Deliveries', 'Events', 'Alerts', 'Audit log', 'System'];

for (const role of ['system', 'utility'] as const) {
  test(`a ${role} administrator signs in by the form and comes to the page that was asked for`, async ({ page, facts }) => {
    await page.goto('/settings/events');
    await expect(page).toHaveTitle('Sign in · Patchboard');
    await expect(page.getByLabel('E-mail address')).toBeFocused();
    await expect(page.getByLabel('E-mail address')).not.toHaveCSS('box-shadow', 'none'); // seen at a glance
    await page.keyboard.type(facts[role].email);
    await page.keyboard.press('Tab');
    await page.keyboard.type('not the password');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alert')).toContainText('The e-mail address or the password is not right.');

    await page.getByRole('textbox', { name: 'Password' }).fill(facts[role].password);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/settings\/events$/);
    await expect(page.getByRole('heading', { level: 1, name: 'Events' })).toBeVisible();
  });
}

test('the navigation has "Settings" with its places, Integrations first', async ({ signedIn }) => {
  const page = await signedIn('system', '/');
  await expect(page).toHaveURL(/\/settings\/integrations$/);
  const navigation = page.getByRole('navigation', { name: 'Main navigation' });
  await expect(navigation.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await expect(navigation.getByRole('listitem')).toHaveText(places);
  for (const place of places) {
    await navigation.getByRole('link', { name: place, exact: true }).click();
    await expect(page).toHaveTitle(new RegExp(`^${place}`));
    await expect(navigation.getByRole('link', { name: place, exact: true })).toHaveAttribute('aria-current', 'page');
  }
});

test('a utility administrator sees the System page closed, with the reason', async ({ signedIn }) => {
  const page = await signedIn('utility');
  const closed = page.getByRole('navigation').getByRole('button', { name: 'System' });
  await expect(closed).toHaveAttribute('aria-disabled', 'true');
  await closed.focus();
  await expect(page.getByRole('tooltip')).toHaveText('Only system administrators see the System page.');
});

test('everything in the frame is reached by the keyboard', async ({ signedIn }) => {
  const page = await signedIn('system');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#content')).toBeFocused();

  await page.getByRole('link', { name: 'Deliveries', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/settings\/deliveries$/);

  await page.keyboard.press('Control+k');
  await expect(page.getByPlaceholder('Where to, or what to do?')).toBeFocused();
  await page.keyboard.type('audit');
  await expect(page.getByRole('button', { name: 'Audit log' })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/settings\/audit$/);

  const account = page.getByRole('button', { name: /^Account/ });
  await account.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Sign out', exact: true })).toBeVisible();
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest('[role="menu"]') != null)).toBe(true); // else Escape is nobody's
  await page.keyboard.press('Escape');
  await expect(account).toBeFocused();
});

test('the frame is accessible', async ({ signedIn }) => {
  const page = await signedIn('utility', '/nowhere');
  await expect(page.getByText('There is nothing at this address').first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: /^Account/ }).click();
  await expect(page.getByRole('menu')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('menuitem', { name: 'Sign out everywhere' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await expect(page.getByPlaceholder('Where to, or what to do?')).toBeVisible();
  await expectAccessible(page);
});

test('the sign-in page is accessible', async ({ page }) => {
  await page.goto('/sign-in');
  await expect(page.getByRole('textbox', { name: 'Password' })).toBeVisible();
  await expectAccessible(page);
});

test('the colors that were chosen stay; those of the system follow it', async ({ signedIn }) => {
  const page = await signedIn('system');
  const choose = async (name: string) => {
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitemradio', { name }).click();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('menu')).toBeHidden();
  };
  const shown = (scheme: 'light' | 'dark') => expect(page.locator(`html[data-mantine-color-scheme="${scheme}"]`)).toBeAttached();
  await choose('Dark');
  await page.reload();
  await shown('dark');
  await choose('System');
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await shown(scheme);
  }
  await choose('Light');
  await shown('light');
});

test('the menu says who is signed in, as what and for whom', async ({ signedIn, facts }) => {
  const page = await signedIn('utility');
  await page.getByRole('button', { name: `Account: ${facts.utility.email}` }).click();
  const menu = page.getByRole('menu');
  for (const words of [facts.utility.email, 'Utility Administrator', 'Demo']) await expect(menu).toContainText(words);
});

test('the palette opens the webhooks and their form from any page, and Back leads there again', async ({ signedIn }) => {
  const page = await signedIn('utility', '/settings/deliveries');
  const dialog = page.getByRole('dialog', { name: 'Webhook Configuration' });
  for (const [command, shown] of [
    ['configure web', 'Active Webhooks'],
    ['add a web', 'Webhook URL'],
  ] as const) {
    await expect(page.getByRole('heading', { name: 'Deliveries', level: 1 })).toBeVisible();
    await expect(page.getByText('Live', { exact: true })).toBeVisible(); // the page was just loaded: keys are heard only then
    await page.keyboard.press('Control+k');
    const search = page.getByPlaceholder('Where to, or what to do?');
    await expect(search).toBeFocused();
    await search.fill(command);
    await expect(page.getByRole('button', { name: 'Audit log' })).toBeHidden();
    await search.press('Enter');
    await expect(dialog.getByText(shown, { exact: true })).toBeVisible();
    await page.goBack();
    await expect(page).toHaveURL(/\/settings\/deliveries$/);
  }
});

test('on a phone the navigation is behind a button, and nothing is wider than the screen', async ({ signedIn, page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await signedIn('system');
  const link = page.getByRole('link', { name: 'Deliveries', exact: true });
  await expect(link).not.toBeInViewport();
  await page.getByRole('button', { name: 'Open the navigation' }).click();
  await link.click();
  await expect(page).toHaveURL(/\/settings\/deliveries$/);
  await expect(link).not.toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

test('who asked for less motion sees none', async ({ signedIn, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signedIn('system', '/settings/deliveries');
  const moved = await page.evaluateHandle(() => {
    const found = new Set<string>();
    const look = () => {
      for (const { effect } of document.getAnimations()) {
        const { endTime = 0 } = effect?.getComputedTiming() ?? {};
        if (Number(endTime) > 1) found.add(String((effect as KeyframeEffect).target?.className));
      }
      requestAnimationFrame(look);
    };
    look();
    return found;
  });
  await page.keyboard.press('Control+k');
  await expect(page.getByPlaceholder('Where to, or what to do?')).toBeFocused();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Account/ }).click();
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Integrations', exact: true }).click(); // skeletons, a chart
  await page.getByRole('button', { name: 'Configure', exact: true }).click();
  await page.getByRole('dialog').locator('.mantine-Switch-track').first().hover(); // those of the page are behind it
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Audit log', exact: true }).click();
  await page.getByRole('list', { name: 'Entries, newest first' }).getByRole('button').first().click();
  expect(await moved.evaluate((found) => [...found])).toEqual([]);
});

test('at 360 px the header holds the longest word for the connection', async ({ page, ownDemo }) => {
  const { url, system } = ownDemo.facts;
  await page.setViewportSize({ width: 360, height: 740 });
  await signIn(page, system, url);
  await page.goto(`${url}/settings/events`);
  await expect(page.locator('[data-live="live"]')).toBeVisible();
  await ownDemo.restart(async () => {
    await expect(page.locator('[data-live]')).toHaveText(/^Offline since \d/, { timeout: 15_000 });
    await expect(page.getByRole('button', { name: /^Account/ })).toBeInViewport({ ratio: 1 });
  });
});

test('eight tabs have one stream of changes', async ({ context, page, ownDemo }) => {
  const { url, system } = ownDemo.facts;
  await signIn(page, system, url);
  const tabs = [page, ...(await Promise.all(Array.from({ length: 7 }, () => context.newPage())))];
  for (const tab of tabs) await tab.goto(`${url}/settings/integrations`);
  for (const tab of tabs) await expect(tab.locator('[data-live="live"]')).toBeVisible();
  const state = (await (await page.request.get(`${url}/api/v1/system`)).json()) as { streams: number };
  expect(state.streams).toBe(1);
});

test('without shared workers the tabs have one stream all the same, and it passes on', async ({ context, page, ownDemo }) => {
  const { url, system } = ownDemo.facts;
  await context.addInitScript(() => {
    delete (window as { SharedWorker?: unknown }).SharedWorker;
  });
  await signIn(page, system, url);
  const second = await context.newPage();
  const third = await context.newPage();
  const streams = async () => ((await (await third.request.get(`${url}/api/v1/system`)).json()) as { streams: number }).streams;
  const { activeWebhooks } = (await (await page.request.get(`${url}/api/v1/webhooks`)).json()) as { activeWebhooks: { id: string }[] };
  const change = async (enabled: boolean) => (await third.request.patch(`${url}/api/v1/webhooks/${activeWebhooks[0]?.id}`, { data: { enabled } })).ok();
  for (const tab of [page, second, third]) {
    await tab.goto(`${url}/settings/integrations`);
    await expect(tab.locator('[data-live="live"]')).toBeVisible();
    expect(await tab.evaluate(() => typeof SharedWorker)).toBe('undefined');
  }
  expect(await streams()).toBe(1);
  expect(await change(false)).toBe(true);
  for (const tab of [page, second, third]) await expect(tab.getByText(/^0 active, 0 failing, 1 off/)).toBeVisible();

  await page.close(); // it had the connection
  await expect(third.locator('[data-live="live"]')).toBeVisible();
  await expect.poll(streams).toBe(1);
  expect(await change(true)).toBe(true);
  for (const tab of [second, third]) await expect(tab.getByText(/^1 active, 0 failing, 0 off/)).toBeVisible();
});

test('a session that ends under a page asks for the password, and the page stays', async ({ page, ownDemo }) => {
  const { url, system } = ownDemo.facts;
  await signIn(page, system, url);
  await page.goto(`${url}/settings/deliveries`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  expect((await page.request.delete(`${url}/api/v1/session`)).ok()).toBe(true);
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await expect(dialog).toBeVisible();
  await expect(dialog.getByLabel('E-mail address')).toHaveValue(system.email);
  await expectAccessible(page);
  await dialog.getByRole('textbox', { name: 'Password' }).fill(system.password);
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(/\/settings\/deliveries$/);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
});

// A request that is on its way while another tab signs in comes with the session before,
// and is refused.
test('who has signed in anew in another tab is not asked for the password', async ({ page, ownDemo }) => {
  const { url, system } = ownDemo.facts;
  await signIn(page, system, url);
  await page.goto(`${url}/settings/deliveries`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  let asked = 0;
  await page.route('**/api/v1/audit?**', async (route) => {
    asked += 1;
    if (asked > 1) return route.continue();
    const problem = { type: 'about:blank', title: 'Nobody is signed in', status: 401 };
    await route.fulfill({ status: 401, contentType: 'application/problem+json', body: JSON.stringify(problem) });
  });
  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(page.getByText('signed in').first()).toBeVisible();
  expect(asked).toBeGreaterThan(1);
  await expect(page.getByRole('dialog')).toBeHidden();
});

test('a session that ends under a dialog leaves it open, with what was typed, whatever key is pressed', async ({ page, ownDemo }) => {
  const { url, system } = ownDemo.facts;
  await signIn(page, system, url);
  await page.goto(`${url}/settings/integrations?webhooks=add`);
  const field = page.getByLabel('Webhook URL', { exact: true });
  await field.fill('https://your-api.com/kept');
  await expect(page.locator('[data-live="live"]')).toBeAttached();
  expect((await page.request.delete(`${url}/api/v1/session`)).ok()).toBe(true);
  const asking = page.getByRole('dialog', { name: 'Your session has ended' });
  await asking.getByRole('textbox', { name: 'Password' }).fill(system.password);
  await page.keyboard.press('Escape');
  await expect(asking).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(asking).toBeHidden();
  await expect(field).toHaveValue('https://your-api.com/kept');
  await page.keyboard.press('Escape'); // again the dialog's own
  await expect(page.getByRole('dialog', { name: 'Webhook Configuration' })).toBeHidden();
});

test('signing out leads to the sign-in page in every tab', async ({ context, page, ownDemo }) => {
  const { url, system } = ownDemo.facts;
  await signIn(page, system, url);
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await tab.goto(`${url}/settings/events`);
    await expect(tab.getByText('Live', { exact: true })).toBeVisible();
  }
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await expect(other.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible();
});

test('a server that is restarted under an open page is found again', async ({ page, ownDemo }) => {
  test.slow();
  const { url, system } = ownDemo.facts;
  await signIn(page, system, url);
  await page.goto(`${url}/settings/deliveries`);
  const mark = page.locator('[data-live]');
  await expect(mark).toHaveText('Live');
  await ownDemo.restart(async () => {
    await expect(mark).toHaveText('Reconnecting');
    await expect(mark).toHaveText(/^Offline since \d/, { timeout: 15_000 });
  });
  // Before the page is back something happens, which it finds.
  const headers = { Authorization: `Bearer ${ownDemo.facts.apiKey}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ type: 'contact.created', data: { id: 'con_1' } });
  expect((await fetch(`${url}/api/v1/events`, { method: 'POST', headers, body })).status).toBe(202);
  await expect(mark).toHaveText('Live', { timeout: 15_000 });
  await expect(page.locator('main tbody tr').first()).toContainText('Delivered');
  await page.getByRole('link', { name: 'Audit log', exact: true }).click();
  await expect(page).toHaveTitle(/^Audit log/);
});
