import type { APIRequestContext, Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Demo } from './demo.ts';
import { expect, expectAccessible, signIn, test, type Role } from './fixtures.ts';

// The page of a webhook, on the built binary: by each role, while it changes,
// and as it looks to axe and on a phone. It has a demo of its own, since it
// changes how the inbox answers.

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

let demo: Demo;
let system: APIRequestContext; // of a system administrator

test.beforeAll(async ({ playwright }) => {
  demo = await Demo.start();
  system = await playwright.request.newContext({ baseURL: demo.facts.url });
  expect((await system.post('/api/v1/session', { data: demo.facts.system })).status()).toBe(201);
});
test.afterEach(async () => {
  const { activeWebhooks } = await (await system.get('/api/v1/webhooks')).json();
  for (const { id, url } of activeWebhooks as Webhook[]) {
    if (url.includes('/page/')) await system.delete(`/api/v1/webhooks/${id}`);
  }
});
test.afterAll(async () => {
  await system.dispose();
  await demo.stop();
});

interface Webhook {
  id: string;
  url: string;
  version: number;
}

// made adds a webhook that leads to the demo's inbox.
async function made(name: string, more: object = {}): Promise<Webhook> {
  const url = `https://api.example.com/page/${name}`;
  const answer = await system.post('/api/v1/webhooks', { data: { url, events: ['contact.created'], ...more } });
  expect(answer.status(), await answer.text()).toBe(201);
  return answer.json();
}

async function read(webhook: Webhook) {
  return (await system.get(`/api/v1/webhooks/${webhook.id}`)).json();
}

async function send(n: number) {
  for (let i = 0; i < n; i++) {
    const answer = await system.post('/api/v1/events', { data: { type: 'contact.created', data: { id: `con_${i}` } } });
    expect(answer.status(), await answer.text()).toBe(202);
  }
}

async function change(webhook: Webhook, data: object) {
  const answer = await system.patch(`/api/v1/webhooks/${webhook.id}`, { data });
  expect(answer.status(), await answer.text()).toBe(200);
}

// failOnce has the inbox answer the next message by 500.
async function failOnce() {
  const answer = await system.post(`${demo.facts.inbox}/behaviour`, { form: { behaviour: 'fail', times: 'once' } });
  expect(answer.ok()).toBe(true);
}

// received gives a header of the newest message that came to an address.
async function received(url: string, header: string): Promise<string | undefined> {
  const { messages } = await (await system.get(`${demo.facts.inbox}/messages.json`)).json();
  const message = (messages as { url: string; headers: Record<string, string[]> }[]).find((m) => m.url === url);
  return message?.headers[header]?.[0];
}

async function open(page: Page, role: Role, webhook: Webhook) {
  await signIn(page, demo.facts[role], demo.facts.url);
  await page.goto(`${demo.facts.url}/settings/webhooks/${webhook.id}`);
  await expect(page.getByRole('heading', { level: 1, name: webhook.url })).toBeVisible({ timeout: 30_000 });
}

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

test('shows the newest deliveries and the health live, with a table beside the chart', async ({ page }) => {
  const webhook = await made('live');
  await open(page, 'system', webhook);
  const deliveries = section(page, 'Deliveries');
  await expect(deliveries.getByText('No deliveries yet')).toBeVisible();
  await send(3);
  await expect(deliveries.getByText('Delivered')).toHaveCount(3, { timeout: 5_000 });
  await expect(deliveries.getByRole('link', { name: 'Show all' })).toHaveAttribute('href', `/settings/deliveries?webhook=${webhook.id}`);

  await page.reload();
  const health = section(page, 'Health');
  await expect(health.getByText('100%')).toBeVisible();
  await expect(health.getByText('3 of 3 tries')).toBeVisible();
  await expect(health.getByRole('img', { name: 'Tries an hour, in the last 24 hours' })).toBeVisible();
  await health.getByRole('button', { name: 'Show as table' }).click();
  await expect(health.getByRole('row')).toHaveCount(25);
  await expect(health.getByRole('row').nth(1)).toContainText('3');
});

test('saves what was edited', async ({ page }) => {
  const webhook = await made('edit');
  await open(page, 'utility', webhook);
  const settings = section(page, 'Settings');
  await expect(settings.getByRole('button', { name: 'Save changes' })).toBeDisabled();
  await settings.getByLabel('Description').fill('For the sales team');
  await settings.getByRole('checkbox', { name: /^email\.opened/ }).check();
  await settings.getByLabel('Description').press('Enter');
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  expect(await read(webhook)).toMatchObject({ description: 'For the sales team', events: ['contact.created', 'email.opened'] });
});

test('a webhook that was made for the wrong receiver gets the format of the right one, which is checked', async ({ page }) => {
  const webhook = await made('format');
  await open(page, 'utility', webhook);
  const settings = section(page, 'Settings');
  const format = settings.getByLabel('Format of the body');
  await expect(format).toHaveValue('standard');
  await format.selectOption('A Slack message');
  await failOnce();
  await settings.getByRole('button', { name: 'Save changes' }).click();
  await expect(settings.getByText('Webhook endpoint unreachable')).toBeVisible();
  expect(await read(webhook)).toMatchObject({ format: 'standard' });
  await settings.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  expect(await read(webhook)).toMatchObject({ format: 'slack' });
  const { messages } = await (await system.get(`${demo.facts.inbox}/messages.json`)).json();
  const check = (messages as { url: string; body: string }[]).find((m) => m.url === webhook.url);
  expect(JSON.parse(check?.body ?? '')).toMatchObject({ text: 'Patchboard test' });
});

test('refuses an address with the exact cause and keeps it in the field', async ({ page }) => {
  const webhook = await made('refused');
  await open(page, 'system', webhook);
  const settings = section(page, 'Settings');
  const url = settings.getByRole('textbox', { name: 'Webhook URL' });
  await url.fill('http://api.example.com/plain');
  await expect(settings.getByText('Invalid webhook URL format')).toBeVisible();
  await url.fill('https://no-such-host.invalid/hook');
  await url.blur();
  await expect(settings.getByText('Webhook endpoint unreachable')).toBeVisible();
  await expect(settings.getByRole('button', { name: 'Retry' })).toBeVisible();
  await expect(url).toHaveValue('https://no-such-host.invalid/hook');
  await settings.getByRole('button', { name: 'Undo changes' }).click();
  await expect(url).toHaveValue(webhook.url);
});

test('keeps what was typed when somebody else was faster, and shows what changed', async ({ page }) => {
  const webhook = await made('overtaken');
  await open(page, 'system', webhook);
  const settings = section(page, 'Settings');
  await settings.getByLabel('Description').fill('mine');
  await change(webhook, { description: 'theirs', events: ['contact.created', 'contact.deleted'] });
  await settings.getByRole('button', { name: 'Save changes' }).click();
  const notice = settings.getByRole('alert').filter({ hasText: 'Somebody else has changed this webhook' });
  await expect(notice).toContainText('system@demo.example changed');
  await expect(notice).toContainText('contact.created, contact.deleted');
  await expect(settings.getByLabel('Description')).toHaveValue('mine');
  await expect(settings.getByRole('checkbox', { name: /^contact\.deleted/ })).toBeChecked();
  await settings.getByRole('button', { name: 'Save changes' }).click();
  await expect(notice).toBeHidden();
  expect(await read(webhook)).toMatchObject({ description: 'mine', events: ['contact.created', 'contact.deleted'] });
});

test('holds while off, asks why, and sends or discards what is held', async ({ page }) => {
  const webhook = await made('held');
  await open(page, 'system', webhook);
  const status = section(page, 'Status');
  const waiting = section(page, 'Waiting');
  const toggle = status.getByRole('switch', { name: 'Send deliveries' });
  await expect(waiting.getByText('Nothing is held.')).toBeVisible();
  await toggle.click();
  await expect(status.getByText(/^Switched off/)).toBeVisible();
  await expect(status.getByText(/by system@demo\.example/)).toBeVisible();
  await status.getByText('Maintenance', { exact: true }).click();
  await expect(status.getByText('Reason: maintenance.')).toBeVisible();
  await send(2);
  await expect(waiting.getByRole('button', { name: 'Send 2 held' })).toBeDisabled();
  await expect(waiting.getByText('Switch the webhook on first')).toBeVisible();

  await toggle.click();
  await waiting.getByRole('button', { name: 'Send 2 held' }).click();
  await expect(page.getByText('2 deliveries on the way')).toBeVisible();
  await expect(waiting.getByText('Nothing is held.')).toBeVisible();

  await toggle.click();
  await expect(status.getByText(/^Switched off/)).toBeVisible();
  await send(1);
  await waiting.getByRole('button', { name: 'Discard' }).click();
  const dialog = page.getByRole('dialog', { name: 'Discard 1 held delivery?' });
  await expect(dialog).toContainText(webhook.url);
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByText('1 delivery discarded')).toBeVisible();
  await expect(waiting.getByText('Nothing is held.')).toBeVisible();
});

test('shows and rotates the secret, and counts down to the end of the previous one', async ({ page }) => {
  const webhook = await made('secret');
  await open(page, 'system', webhook);
  const card = section(page, 'Signing secret');
  await card.getByRole('button', { name: 'Show secret' }).click();
  const first = await card.locator('pre').innerText();
  expect(first).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  await card.getByRole('button', { name: 'Copy the signing secret' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(first);
  await card.getByRole('button', { name: 'Hide secret' }).click();
  await expect(card.getByText(first)).toHaveCount(0);

  await card.getByRole('button', { name: 'Rotate secret' }).click();
  const dialog = page.getByRole('dialog', { name: 'Rotate the signing secret?' });
  await expect(dialog).toContainText(webhook.url);
  await dialog.getByRole('combobox').click();
  await page.getByRole('option', { name: '3 days' }).click();
  await dialog.getByRole('button', { name: 'Rotate secret' }).click();
  await expect(card.locator('pre')).toHaveText(/^whsec_/);
  expect(await card.locator('pre').innerText()).not.toBe(first);
  const timer = card.getByRole('timer');
  await expect(timer).toHaveText(/^(3 days 00:00:00|2 days 23:59:\d\d)$/);
  const shown = await timer.innerText();
  await expect(timer).not.toHaveText(shown, { timeout: 3_000 });

  await card.getByRole('button', { name: 'Rotate secret' }).click();
  await dialog.getByRole('combobox').click();
  await page.getByRole('option', { name: 'Not at all' }).click();
  await expect(dialog).toContainText('until it has the new secret');
  await expect(dialog).toContainText('The secret before that, which still signs, ends at once.');
  await dialog.getByRole('button', { name: 'Rotate secret' }).click();
  await expect(timer).toHaveCount(0);
});

test('adds, replaces and removes custom headers, and shows no value', async ({ page }) => {
  const webhook = await made('headers', { headers: { Authorization: 'Bearer first-value' } });
  await open(page, 'system', webhook);
  const card = section(page, 'Custom headers');
  await expect(card.getByText('Authorization', { exact: true })).toBeVisible();
  await card.getByRole('button', { name: 'Add header' }).click();
  await card.getByLabel('Name').fill('Webhook-Id');
  await card.getByRole('button', { name: 'Save headers' }).click();
  await expect(card.getByText('This one is set by Patchboard or by the connection.')).toBeVisible();
  await card.getByLabel('Name').fill('X-Team');
  await card.getByLabel('Value', { exact: true }).fill('second-value');
  await card.getByRole('button', { name: 'Save headers' }).click();
  await expect(card.getByRole('button', { name: 'Replace the value of X-Team' })).toBeVisible();

  await card.getByRole('button', { name: 'Replace the value of Authorization' }).click();
  await card.getByLabel('New value of Authorization').fill('Bearer third-value');
  await card.getByRole('button', { name: 'Remove X-Team' }).click();
  await expect(card.getByText('is removed with the next save')).toBeVisible();
  await card.getByRole('button', { name: 'Save headers' }).click();
  await expect(card.getByText('X-Team')).toHaveCount(0);
  await send(1);
  await expect.poll(() => received(webhook.url, 'Authorization')).toBe('Bearer third-value');
  for (const value of ['first-value', 'second-value', 'third-value']) expect(await page.content()).not.toContain(value);
});

test('tells the utility admin why not', async ({ page }) => {
  const webhook = await made('roles', { headers: { Authorization: 'Bearer hidden-value' }, enabled: false });
  await send(1);
  await open(page, 'utility', webhook);
  const secret = section(page, 'Signing secret');
  await expect(secret.getByRole('button', { name: 'Show secret' })).toBeDisabled();
  await expect(secret.getByRole('button', { name: 'Rotate secret' })).toBeDisabled();
  await expect(secret.getByText('Only a system administrator may see or rotate the signing secret.')).toBeVisible();
  const headers = section(page, 'Custom headers');
  await expect(headers.getByText('This webhook has custom headers.')).toBeVisible();
  await expect(headers.getByText('Authorization')).toHaveCount(0);
  await expect(section(page, 'Settings').getByRole('textbox', { name: 'Webhook URL' })).toBeDisabled();
  const waiting = section(page, 'Waiting');
  await expect(waiting.getByRole('button', { name: 'Discard' })).toBeDisabled();
  await expect(waiting.getByText('Only a system administrator may discard held deliveries.')).toBeVisible();
  await expect(section(page, 'Deliveries').getByRole('button', { name: 'Replay failed…' })).toBeDisabled();
  await section(page, 'Status').getByRole('switch', { name: 'Send deliveries' }).click();
  await waiting.getByRole('button', { name: 'Send 1 held' }).click();
  await expect(page.getByText('1 delivery on the way')).toBeVisible();
});

test('tests the webhook and says what came back', async ({ page }) => {
  const webhook = await made('test');
  await open(page, 'system', webhook);
  const status = section(page, 'Status');
  await expect(status.getByRole('link', { name: 'Open the test tool' })).toHaveAttribute('href', `/settings/webhooks/${webhook.id}/test`);
  await status.getByRole('button', { name: 'Send test' }).click();
  await expect(status.getByText('The endpoint took the test event.')).toBeVisible();
  await failOnce();
  await status.getByRole('button', { name: 'Send test' }).click();
  await expect(status.getByText('Webhook endpoint unreachable')).toBeVisible();
  await expect(status.getByText('Failing', { exact: true })).toBeVisible();
  await status.getByRole('button', { name: 'Send test' }).click();
  await expect(status.getByText('Active', { exact: true })).toBeVisible();
});

test('counts before it replays what failed', async ({ page }) => {
  const webhook = await made('replay');
  await open(page, 'system', webhook);
  await change(webhook, { enabled: false });
  await send(2);
  await system.post(`/api/v1/webhooks/${webhook.id}/held`, { data: { action: 'discard' } });
  await change(webhook, { enabled: true });
  await section(page, 'Deliveries').getByRole('button', { name: 'Replay failed…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Replay a time range' });
  await dialog.getByRole('checkbox', { name: 'Discarded' }).check();
  await dialog.getByRole('checkbox', { name: /^Never sent/ }).uncheck(); // there are events from before this webhook
  await dialog.getByRole('button', { name: 'Count first' }).click();
  await expect(dialog.getByText('2 deliveries would be sent.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Send 2 deliveries' }).click();
  await expect(dialog.getByText('2 deliveries on the way.')).toBeVisible();
});

test('shows the code that verifies a signature, as it is in the repository', async ({ page }) => {
  const webhook = await made('verify');
  await open(page, 'utility', webhook);
  const card = section(page, 'How to verify the signature');
  for (const [language, file] of [
    ['Go', 'verify.go.txt'],
    ['Node', 'verify.mjs'],
    ['Python', 'verify.py'],
    ['Ruby', 'verify.rb'],
    ['PHP', 'verify.php'],
    ['Java', 'Verify.java'],
  ] as const) {
    await card.getByRole('tab', { name: language, exact: true }).click();
    await card.getByRole('button', { name: `Copy the code for ${language}` }).click();
    const code = readFileSync(join(import.meta.dirname, '../../docs/verify', file), 'utf8').trimEnd();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(code);
  }
});

test('deletes with what ends, and an address without a webhook says so', async ({ page }) => {
  const webhook = await made('delete', { enabled: false });
  await send(2);
  await open(page, 'utility', webhook);
  await section(page, 'Delete webhook').getByRole('button', { name: 'Delete webhook' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete webhook?' });
  await expect(dialog).toContainText(webhook.url);
  await expect(dialog).toContainText('2 deliveries that wait for it end: 0 pending, 2 held.');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByText('Webhook deleted')).toBeVisible();
  await expect(page).toHaveURL(/\/settings\/integrations\?webhooks=open$/);
  await page.goto(`${demo.facts.url}/settings/webhooks/${webhook.id}`);
  await expect(page.getByText('There is no such webhook')).toBeVisible();
});

for (const role of ['system', 'utility'] as const) {
  test(`has no barrier that axe can find, for a ${role} administrator`, async ({ page }) => {
    test.slow(); // axe goes over the whole page four times
    const webhook = await made(`axe-${role}`, { headers: { Authorization: 'Bearer x' } });
    await send(2);
    await open(page, role, webhook);
    await expect(section(page, 'Health').getByRole('img', { name: 'Tries an hour, in the last 24 hours' })).toBeVisible();
    await expectAccessible(page);
    if (role === 'utility') return;
    await section(page, 'Custom headers').getByRole('button', { name: 'Add header' }).click();
    await section(page, 'Custom headers').getByRole('button', { name: 'Save headers' }).click();
    await section(page, 'Signing secret').getByRole('button', { name: 'Rotate secret' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await expectAccessible(page);
  });
}

for (const width of [360, 380]) {
  test(`fits into ${width} pixels`, async ({ page }) => {
    const webhook = await made(`narrow-${width}-with-a-long-path-that-has-to-wrap-somewhere/and-goes-on`, { headers: { 'X-A-Header-With-A-Long-Name': 'x' } });
    await send(1);
    await page.setViewportSize({ width, height: 800 });
    await open(page, 'system', webhook);
    await expect(section(page, 'Health').getByRole('img', { name: 'Tries an hour, in the last 24 hours' })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });
}
