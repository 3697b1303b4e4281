import type { BrowserContext, Page } from '@playwright/test';
import { expect, expectAccessible, signIn, test, type Role } from './fixtures.ts';
import type { Facts } from './demo.ts';

const place = '/settings/integrations';
const live = 2_000; // ms in which a change is seen elsewhere
const roles: Role[] = ['system', 'utility'];

const maskOf = (key: string) => `sX_****${key.slice(7, 15)}...${key.slice(-8)}`;
const field = (page: Page) => page.getByRole('textbox', { name: 'API key, masked' });
const copy = (page: Page) => page.getByRole('button', { name: 'Copy API key' });
const regenerate = (page: Page) => page.getByRole('button', { name: 'Regenerate Key', exact: true });
const question = (page: Page) => page.getByRole('dialog', { name: 'Are you sure you want to regenerate the API key?' });
const secret = (page: Page) => page.getByRole('dialog', { name: 'New API key' });
const newKey = (page: Page) => secret(page).getByRole('textbox', { name: 'New API key in full' });
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const mayUse = (context: BrowserContext) => context.grantPermissions(['clipboard-read', 'clipboard-write']);

// call uses the key as another system would, and gives the status.
async function call(facts: Facts, key: string): Promise<number> {
  const answer = await fetch(`${facts.url}/api/v1/webhooks`, { headers: { Authorization: `Bearer ${key}` } });
  await answer.body?.cancel();
  return answer.status;
}

async function open(page: Page, facts: Facts, role: Role, at = place) {
  await signIn(page, facts[role], facts.url);
  await page.goto(facts.url + at);
  await expect(field(page)).toBeVisible();
}

async function confirm(page: Page, password: string) {
  await question(page).getByLabel('Your password').fill(password);
  await question(page).getByRole('button', { name: 'Confirm', exact: true }).click();
}

async function newest(page: Page, facts: Facts, action: string) {
  const answer = await page.request.get(`${facts.url}/api/v1/audit?action=${action}&limit=1`);
  return ((await answer.json()) as { items: Record<string, unknown>[] }).items[0];
}

for (const role of roles) {
  test(`2, 17: a ${role} administrator sees the key masked, and copies it by button and by keys`, async ({ signedIn, context, facts }) => {
    await mayUse(context);
    const page = await signedIn(role);
    await expect(page.getByRole('heading', { level: 1, name: 'Integrations', exact: true })).toBeVisible();
    const settings = page.getByRole('region', { name: 'API Settings' });
    await expect(settings.getByText('Configure API access and webhooks', { exact: true })).toBeVisible();
    await expect(field(page)).toHaveValue(maskOf(facts.apiKey));
    await expect(page.getByText(facts.apiKey)).toHaveCount(0);

    await copy(page).click();
    await expect(page.getByRole('status').filter({ hasText: 'API key copied' })).toBeAttached();
    expect(await clipboard(page)).toBe(facts.apiKey);

    await page.evaluate(() => navigator.clipboard.writeText(''));
    await copy(page).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => clipboard(page)).toBe(facts.apiKey);
    await expect(copy(page)).toBeFocused(); // though it was busy meanwhile

    await page.evaluate(() => navigator.clipboard.writeText(''));
    await field(page).focus();
    await page.keyboard.press('Control+c');
    await expect.poll(() => clipboard(page)).toBe(facts.apiKey);
    if (role === 'system') expect((await newest(page, facts, 'api_key.copied'))?.detail).toEqual({ copyMethod: 'shortcut' });
  });
}

test('2: without leave for the clipboard the old way copies', async ({ signedIn, context, facts }) => {
  await context.addInitScript(() => {
    navigator.clipboard.write = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  const page = await signedIn('utility');
  await copy(page).click();
  await expect(page.getByRole('status').filter({ hasText: 'API key copied' })).toBeAttached();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Where to, or what to do?').press('Control+v');
  await expect(page.getByPlaceholder('Where to, or what to do?')).toHaveValue(facts.apiKey);
});

test('2: over plain HTTP, under a name that is no local one, the key is copied all the same', async ({ playwright, facts }, { project }) => {
  const { args = [], ...options } = project.use.launchOptions ?? {};
  const browser = await playwright.chromium.launch({ ...options, args: [...args, '--host-resolver-rules=MAP desk.example 127.0.0.1'] });
  const page = await browser.newPage();
  await page.goto(`http://desk.example:${new URL(facts.url).port}${place}`);
  expect(await page.evaluate(() => [isSecureContext, typeof navigator.clipboard])).toEqual([false, 'undefined']);
  await page.getByLabel('E-mail address').fill(facts.system.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(facts.system.password);
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-live="live"]')).toBeVisible();
  await copy(page).click();
  await expect(page.getByRole('status').filter({ hasText: 'API key copied' })).toBeAttached();
  await page.getByRole('button', { name: 'Search and commands' }).click();
  await page.getByPlaceholder('Where to, or what to do?').press('Control+v');
  await expect(page.getByPlaceholder('Where to, or what to do?')).toHaveValue(facts.apiKey);
  await browser.close();
});

test('2: where the browser refuses every way the key is there to be copied by hand', async ({ signedIn, context, facts }) => {
  await context.addInitScript(() => {
    Object.defineProperty(window, 'isSecureContext', { value: false });
    document.execCommand = () => false;
  });
  const page = await signedIn('system');
  await copy(page).click();
  const whole = page.getByRole('textbox', { name: 'API key in full' });
  await expect(whole).toHaveValue(facts.apiKey);
  await expect(whole).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press('Control+c');
  await expect(page.getByRole('status').filter({ hasText: 'API key copied' })).toBeAttached();
  await page.getByRole('button', { name: 'Hide the key' }).click();
  await expect(whole).toBeHidden();
});

test('3, 15: the key is replaced after the question, the password and a reason', async ({ page, context, ownDemo }) => {
  const { facts } = ownDemo;
  await mayUse(context);
  await open(page, facts, 'system');
  await regenerate(page).click();
  await expect(question(page)).toBeVisible();
  await expect(question(page).getByText(/The old key stops at once and cannot be brought back/)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(question(page)).toBeHidden();
  await expect(regenerate(page)).toBeFocused();

  await page.keyboard.press('Enter');
  await question(page).getByLabel('Reason (optional)').selectOption('Suspected leak');
  await confirm(page, 'not the password');
  await expect(question(page).getByRole('alert')).toContainText('The old key still works.');
  await expect(question(page).getByText('This is not your password.')).toBeVisible();
  expect(await call(facts, facts.apiKey)).toBe(200);

  await confirm(page, facts.system.password);
  await expect(newKey(page)).toHaveValue(/^sX_\w{32,}$/);
  const key = await newKey(page).inputValue();
  expect([await call(facts, facts.apiKey), await call(facts, key)]).toEqual([401, 200]);

  await page.keyboard.press('Escape');
  const ask = secret(page).getByRole('alertdialog', { name: 'The new key was not copied yet.' });
  await expect(ask).toBeVisible();
  await ask.getByRole('button', { name: 'Keep open' }).click();
  await page.mouse.click(5, 5);
  await expect(ask).toBeVisible();
  await secret(page).getByRole('button', { name: 'Copy new API key' }).click();
  await expect(ask).toBeHidden();
  await expect.poll(() => clipboard(page)).toBe(key);
  await secret(page).getByRole('button', { name: 'Done' }).click();
  await expect(secret(page)).toBeHidden();
  await expect(field(page)).toHaveValue(maskOf(key));

  const entry = await newest(page, facts, 'api_key.regenerated');
  expect(entry).toMatchObject({ reason: 'suspected_leak', result: 'ok' });
  expect((entry?.detail as { confirmationTime: number }).confirmationTime).toBeGreaterThan(0);

  await regenerate(page).click();
  await expect(question(page)).toBeVisible(); // not the last key
});

test('3: leaving the page or the tab asks before the new key is gone', async ({ page, ownDemo }) => {
  const { facts } = ownDemo;
  await open(page, facts, 'system');
  await page.getByRole('link', { name: 'Deliveries', exact: true }).click();
  await expect(page).toHaveTitle(/^Deliveries/);
  await page.getByRole('link', { name: 'Integrations', exact: true }).click();
  await regenerate(page).click();
  await confirm(page, facts.system.password);
  await expect(newKey(page)).toBeVisible();

  const asked = page.waitForEvent('dialog');
  const closing = page.close({ runBeforeUnload: true });
  const dialog = await asked;
  expect(dialog.type()).toBe('beforeunload');
  await dialog.dismiss();
  await closing;

  const ask = secret(page).getByRole('alertdialog');
  await page.evaluate(() => history.back());
  await expect(ask).toBeVisible();
  await ask.getByRole('button', { name: 'Keep open' }).click();
  await expect(newKey(page)).toBeVisible();
  await page.evaluate(() => history.back());
  await ask.getByRole('button', { name: 'Close anyway' }).click();
  await expect(page).toHaveTitle(/^Deliveries/);
});

test('3: a server that is away does not make the page claim anything', async ({ page, ownDemo }) => {
  const { facts } = ownDemo;
  await open(page, facts, 'system');
  await regenerate(page).click();
  let lost = false;
  await page.route('**/api/v1/api-key/regenerate', async (route) => {
    await route.fetch(); // the server replaces the key, and the answer is lost
    await route.abort();
  });
  await page.route('**/api/v1/api-key', (route) => (lost ? route.abort() : route.continue()));
  await page.route('**/api/v1/session/confirm', async (route) => {
    lost = true; // from here on; the masked key was asked for before
    await route.continue();
  });
  await confirm(page, facts.system.password);
  await expect(question(page).getByRole('alert')).toContainText('it is not known if the API key was replaced');
  lost = false;
  await question(page).getByRole('button', { name: 'Check again' }).click();
  await expect(question(page).getByRole('alert')).toContainText('The API key was replaced');
  expect(await call(facts, facts.apiKey)).toBe(401);
});

test('16: a utility administrator reads why the key is not theirs to regenerate, and the API holds it', async ({ signedIn }) => {
  const page = await signedIn('utility');
  const button = regenerate(page);
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await expect(button).toHaveAccessibleDescription(/Only a system administrator can regenerate the API key/);
  await expect(page.getByText('Only a system administrator can regenerate the API key.')).toBeVisible();
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const answer = await page.request.post('/api/v1/api-key/regenerate', { data: { token: 'x' } });
  expect(answer.status()).toBe(403);
  await expect(page.getByText('System administrators also see calls over time, by route and by status.')).toBeVisible();
  expect((await page.request.get('/api/v1/api-key/usage')).status()).toBe(403);
});

test('two browsers: a new key and calls with it appear in the other without a refresh', async ({ page, browser, ownDemo }) => {
  const { facts } = ownDemo;
  const other = await (await browser.newContext()).newPage();
  await open(page, facts, 'system');
  await open(other, facts, 'utility');
  await expect(other.getByText('Live', { exact: true })).toBeVisible();
  await expect(other.getByText('Not used yet')).toBeVisible();

  await regenerate(page).click();
  await confirm(page, facts.system.password);
  const key = await newKey(page).inputValue();
  await expect(field(other)).toHaveValue(maskOf(key), { timeout: live });

  for (let n = 0; n < 3; n++) expect(await call(facts, key)).toBe(200);
  const total = (p: Page) => p.getByText('Total calls').locator('xpath=following-sibling::*');
  await expect(total(other)).toHaveText('3', { timeout: live + 1_000 }); // counts are stored each second
  await expect(total(page)).toHaveText('3');
  await other.context().close();
});

test('usage is a chart and a table, by route and by status', async ({ page, ownDemo }) => {
  const { facts } = ownDemo;
  await open(page, facts, 'system');
  await expect(page.getByText('No calls in this time').first()).toBeVisible();
  for (let n = 0; n < 4; n++) await call(facts, facts.apiKey);
  await expect(page.getByRole('img', { name: 'Chart: 4 calls in the last 7 days' })).toBeVisible();
  const routes = page.getByRole('table', { name: 'By route' });
  await expect(routes.getByRole('row', { name: /GET \/api\/v1\/webhooks 4 100%/ })).toBeVisible();
  await expect(page.getByRole('table', { name: 'By status' }).getByRole('row', { name: /200 OK 4 100%/ })).toBeVisible();
  await page.getByText('30 days', { exact: true }).click();
  await expect(page).toHaveURL(/usage=30d/);
  await expect(page.getByRole('img', { name: 'Chart: 4 calls in the last 30 days' })).toBeVisible();
  await page.getByRole('button', { name: 'Show as table' }).click();
  await expect(page.getByRole('table', { name: 'Calls in the last 30 days' }).getByRole('row')).toHaveCount(31);
  await expectAccessible(page);
});

test('4: the line beside Webhooks is live, and "Configure" opens the dialog, which Back closes', async ({ page, ownDemo }) => {
  const { facts } = ownDemo;
  await open(page, facts, 'utility');
  await expect(page.getByText('Configure real-time event notifications', { exact: true })).toBeVisible();
  const line = page.getByText(/^\d+ active, \d+ failing, \d+ off, \d+ disabled, /);
  await expect(line).toHaveText('1 active, 0 failing, 0 off, 0 disabled, no delivery yet');
  const { activeWebhooks } = (await (await page.request.get(`${facts.url}/api/v1/webhooks`)).json()) as { activeWebhooks: { id: string }[] };
  await page.request.patch(`${facts.url}/api/v1/webhooks/${activeWebhooks[0]?.id}`, { data: { enabled: false } });
  await expect(line).toHaveText(/^0 active, 0 failing, 1 off, 0 disabled/, { timeout: live });

  await page.getByRole('button', { name: 'Configure', exact: true }).click();
  await expect(page.getByRole('dialog', { name: 'Webhook Configuration' })).toBeVisible();
  await expect(page).toHaveURL(/webhooks=open/);
  await page.goBack();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`${place}$`));
});

test('7a: a key that is replaced while a webhook is added leaves its URL and events', async ({ page, context, ownDemo }) => {
  const { facts } = ownDemo;
  await mayUse(context);
  await open(page, facts, 'system', `${place}?webhooks=add`);
  const form = page.getByRole('dialog', { name: 'Webhook Configuration' });
  await form.getByLabel('Webhook URL').fill('https://your-api.com/webhooks');
  await form.getByLabel('Webhook URL').blur();
  await expect(form.getByLabel('email.sent')).toBeEnabled();
  await form.getByLabel('email.sent').check();
  await form.getByLabel('campaign.started').check();

  await form.getByRole('button', { name: 'Regenerate Key' }).click();
  await confirm(page, facts.system.password);
  await secret(page).getByRole('button', { name: 'Copy new API key' }).click();
  await expect(secret(page).getByRole('button', { name: 'Copied' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(secret(page)).toBeHidden();
  await expect(form).toBeVisible();
  await expect(form.getByLabel('Webhook URL')).toHaveValue('https://your-api.com/webhooks');
  await expect(form.getByLabel('email.sent')).toBeChecked();
  await expect(form.getByLabel('campaign.started')).toBeChecked();
});

test('7a: a webhook whose custom headers hold the old key is offered the new one, unseen', async ({ page, ownDemo }) => {
  const { facts } = ownDemo;
  await signIn(page, facts.system, facts.url);
  const webhooks = `${facts.url}/api/v1/webhooks`;
  const { activeWebhooks } = (await (await page.request.get(webhooks)).json()) as { activeWebhooks: { id: string; url: string }[] };
  const [first] = activeWebhooks;
  const headers = { Authorization: `Bearer ${facts.apiKey}`, 'X-Team': 'crm' };
  expect((await page.request.patch(`${webhooks}/${first?.id}`, { data: { headers } })).status()).toBe(200);
  const innocent = { url: 'https://your-api.com/other', events: ['email.sent'], headers: { 'X-Api-Key': 'of somebody else' } };
  expect((await page.request.post(webhooks, { data: innocent })).status()).toBe(201);
  await open(page, facts, 'system');
  await regenerate(page).click();
  await confirm(page, facts.system.password);
  const offer = secret(page).getByRole('region', { name: 'Custom headers that hold the old key' });
  await expect(offer.getByRole('button')).toHaveCount(1);
  await expect(secret(page).getByText(facts.apiKey)).toHaveCount(0);
  await expectAccessible(page);
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await offer.getByRole('button', { name: `Put the new key into Authorization of ${first?.url}` }).click();
  await expect(offer.getByText('Authorization holds the new key now.')).toBeVisible();
  expect((await sent).postDataJSON()).toEqual({ headers: { Authorization: `Bearer ${await newKey(page).inputValue()}`, 'X-Team': null } });
});

test('page, dialog and secret screen are accessible', async ({ page, ownDemo }) => {
  const { facts } = ownDemo;
  await open(page, facts, 'system');
  await expect(page.getByText(/last delivery|no delivery yet/)).toBeVisible();
  await expectAccessible(page);
  await regenerate(page).click();
  await confirm(page, 'not the password');
  await expect(question(page).getByRole('alert')).toBeVisible();
  await expectAccessible(page);
  await confirm(page, facts.system.password);
  await expect(newKey(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(secret(page).getByRole('alertdialog')).toBeVisible();
  await expectAccessible(page);
});

test("a utility administrator's page is accessible", async ({ signedIn }) => {
  const page = await signedIn('utility');
  await expect(field(page)).toBeVisible();
  await expectAccessible(page);
});

for (const width of [360, 380]) {
  test(`at ${width} px nothing is wider than the screen`, async ({ page, ownDemo }) => {
    const { facts } = ownDemo;
    await page.setViewportSize({ width, height: 740 });
    await call(facts, facts.apiKey);
    await open(page, facts, 'system');
    await expect(page.getByRole('img', { name: /^Chart/ })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await regenerate(page).click();
    await confirm(page, facts.system.password);
    await expect(newKey(page)).toBeVisible();
    await secret(page).getByRole('button', { name: 'Done' }).click();
    await expect(secret(page).getByRole('button', { name: 'Close anyway' })).toBeInViewport();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}

test('the view of the masked key is tracked once a page view', async ({ signedIn }) => {
  const page = await signedIn('system', '/settings/deliveries');
  const seen: { event: string; properties: unknown }[] = [];
  page.on('request', (request) => {
    if (!request.url().endsWith('/api/v1/tracking')) return;
    const { events } = request.postDataJSON() as { events: typeof seen };
    seen.push(...events.filter((e) => e.event === 'api_key_viewed'));
  });
  await page.getByRole('link', { name: 'Integrations', exact: true }).click();
  await expect(field(page)).toBeVisible();
  await page.mouse.wheel(0, 2_000);
  await page.mouse.wheel(0, -2_000);
  const length = (await field(page).inputValue()).length;
  await expect.poll(() => seen.length, { timeout: 15_000 }).toBe(1);
  expect(seen[0]?.properties).toEqual({ key_masked_length: length });
});
