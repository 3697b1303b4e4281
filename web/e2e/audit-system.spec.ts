import type { APIRequestContext, Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { Demo } from './demo.ts';
import { expect, expectAccessible, signIn, test, type Role } from './fixtures.ts';

// The audit log, the System page and the test tool on the built binary, by each
// role. They have a demo of their own: they count entries and change how the
// inbox answers.

let demo: Demo;
let system: APIRequestContext;
let utility: APIRequestContext;

test.beforeAll(async ({ playwright }) => {
  demo = await Demo.start();
  const session = async (role: Role) => {
    const context = await playwright.request.newContext({ baseURL: demo.facts.url });
    expect((await context.post('/api/v1/session', { data: demo.facts[role] })).status()).toBe(201);
    return context;
  };
  system = await session('system');
  utility = await session('utility');
});
test.afterAll(async () => {
  await system.dispose();
  await utility.dispose();
  await demo.stop();
});

interface Webhook {
  id: string;
  url: string;
}

const first = async (): Promise<Webhook> => (await (await system.get('/api/v1/webhooks')).json()).activeWebhooks[0];

async function made(name: string): Promise<Webhook> {
  const data = { url: `https://api.example.com/audit/${name}`, events: ['contact.created'] };
  const answer = await system.post('/api/v1/webhooks', { data });
  expect(answer.status(), await answer.text()).toBe(201);
  return answer.json();
}

// changed makes a webhook with an entry of a change.
async function changed(name: string): Promise<Webhook> {
  const webhook = await made(name);
  const data = { events: ['contact.created', 'email.sent'], description: 'for the test' };
  expect((await system.patch(`/api/v1/webhooks/${webhook.id}`, { data })).status()).toBe(200);
  return webhook;
}

async function behave(behaviour: 'accept' | 'fail', times: 'once' | 'all') {
  const body = new URLSearchParams({ behaviour, times });
  const answer = await fetch(new URL('/behaviour', demo.facts.inbox), { method: 'POST', body, redirect: 'manual' });
  expect(answer.status).toBe(303);
}

async function open(page: Page, role: Role, path: string) {
  await signIn(page, demo.facts[role], demo.facts.url);
  await page.goto(`${demo.facts.url}${path}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible({ timeout: 30_000 });
  return page;
}

const entries = (page: Page) => page.getByRole('list', { name: 'Entries, newest first' });
const sentence = (page: Page, text: string | RegExp) => entries(page).getByRole('button', { name: text });
const narrow = async (page: Page, width: number) => expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);

test('an action stands in the log at once, and opens to what changed', async ({ page }) => {
  const webhook = await made('diff');
  await open(page, 'system', '/settings/audit');
  await expect(sentence(page, `Added the webhook ${webhook.url}`)).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();

  await system.patch(`/api/v1/webhooks/${webhook.id}`, { data: { events: ['contact.created', 'email.sent'], description: 'for the test' } });
  const line = sentence(page, `Changed the webhook ${webhook.url}`);
  await expect(line).toBeVisible({ timeout: 2_000 });
  await expect(entries(page).getByRole('listitem').first()).toContainText('System Administrator');

  await line.click();
  const changes = page.getByRole('table');
  await expect(changes.locator('del')).toHaveText('["contact.created"]');
  await expect(changes.locator('ins').filter({ hasText: 'email.sent' })).toHaveText('["contact.created","email.sent"]');
  await expect(entries(page).getByText(/^(127\.0\.0\.1|::1)$/)).toBeVisible();

  await page.getByRole('button', { name: 'Only this target' }).click();
  await expect(page).toHaveURL(new RegExp(`target=${webhook.id}$`));
  await expect(entries(page).getByRole('listitem')).toHaveCount(2);
  await page.goBack();
  await expect(page).toHaveURL(/\/audit$/);
});

test('filters are in the address, and come back with it', async ({ page }) => {
  await utility.post('/api/v1/api-key/copy', { data: { copyMethod: 'button' } });
  await open(page, 'system', '/settings/audit');
  await page.getByRole('textbox', { name: 'Who' }).fill(demo.facts.utility.email);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/actor=utility%40demo\.example/);
  await page.getByRole('combobox', { name: 'Action' }).click();
  await page.getByRole('option', { name: 'API key copied' }).click();
  await expect(entries(page).getByRole('listitem')).toHaveCount(1);
  await expect(sentence(page, 'Copied the API key with the button')).toBeVisible();

  await page.reload();
  await expect(page.getByRole('textbox', { name: 'Who' })).toHaveValue(demo.facts.utility.email);
  await expect(entries(page).getByRole('listitem')).toHaveCount(1);

  await page.goto(`${demo.facts.url}/settings/audit?result=failed&action=egress`);
  await expect(page.getByText('No entry fits the filter')).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await expect(page).toHaveURL(/\/audit$/);
  await expect(entries(page).getByRole('listitem').first()).toBeVisible();
});

test('at 1280 px, a scroll bar beside it, the filters stand in one row', async ({ page }) => {
  await page.setViewportSize({ width: 1280 - 15, height: 800 });
  await open(page, 'system', '/settings/audit');
  const fields = page.getByRole('search').locator('input:not([type="hidden"])');
  await expect(fields).toHaveCount(6);
  const tops = await fields.evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)));
  expect(new Set(tops).size, String(tops)).toBe(1);
});

test('an export holds what is filtered, and is an entry', async ({ page }) => {
  await made('export');
  await open(page, 'system', '/settings/audit?action=webhook.created');
  await expect(sentence(page, /\/audit\/export$/)).toBeVisible();
  for (const [name, extension] of [
    ['Export CSV', 'csv'],
    ['Export JSON Lines', 'jsonl'],
  ] as const) {
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(new RegExp(`^audit-\\d{4}-\\d\\d-\\d\\d\\.${extension}$`));
    const text = await readFile(await file.path(), 'utf8');
    expect(text).toContain('https://api.example.com/audit/export');
    expect(text).not.toContain('session.signed_in');
  }
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(sentence(page, 'Exported the audit log as JSON Lines')).toBeVisible();
  await expect(sentence(page, 'Exported the audit log as CSV')).toBeVisible();
});

test('refusals are told, and how far the log was verified', async ({ page }) => {
  for (let i = 0; i < 3; i++) expect((await utility.get('/api/v1/users')).status()).toBe(403);
  await open(page, 'system', '/settings/audit?result=denied');
  await expect(sentence(page, 'Was refused GET /api/v1/users: the role does not have the permission user.manage')).toBeVisible();
  await expect(page.getByText(/^(Verified to entry \d|Not verified yet)/)).toBeVisible();
});

test('a utility admin sees own actions, and is told so', async ({ page }) => {
  await utility.post('/api/v1/api-key/copy', { data: { copyMethod: 'shortcut' } });
  await open(page, 'utility', '/settings/audit?actor=somebody@else.example');
  await expect(page.getByText('You see your own actions.')).toBeVisible();
  await expect(sentence(page, 'Copied the API key with the keyboard')).toBeVisible();
  await expect(entries(page).getByText(demo.facts.system.email)).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Export CSV' })).toHaveCount(0);
});

test('the System page shows the books of deliveries, and what it runs on', async ({ page }) => {
  await open(page, 'system', '/settings/system');
  const deliveries = page.getByRole('region', { name: 'Deliveries' });
  await expect(deliveries.getByText('The sum holds')).toBeVisible();
  await expect(deliveries.getByRole('term')).toHaveText(['created', 'delivered', 'pending', 'held', 'failed', 'discarded']);
  const created = deliveries.getByRole('definition').first();
  const before = Number(await created.textContent());
  await system.post('/api/v1/events', { data: { type: 'contact.created', data: { id: 'con_1', email: 'ada@example.com' } } });
  await expect.poll(async () => Number(await created.textContent()), { timeout: 5_000 }).toBeGreaterThan(before); // told, not asked by the clock
  await expect(deliveries.getByText('The sum holds')).toBeVisible();
  await expect(deliveries.getByText(/they agree|Not compared with the stored deliveries yet/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Installation' })).toContainText(/Version\S+Database.*SQLite/);
  await expect(page.getByRole('region', { name: 'Disk' })).toContainText(/free of/);
  await expect(page.getByRole('region', { name: 'Nodes' })).toContainText('answers this page');
  await expect(page.getByRole('region', { name: 'Nodes' })).toContainText(/good for \d+ seconds?/);
});

test('a queue that waits is listed by its age', async ({ page }) => {
  await open(page, 'system', '/settings/system');
  const lanes = page.getByRole('region', { name: 'Queues by age' });
  await expect(lanes.getByText('Nothing waits')).toBeVisible({ timeout: 20_000 });
  await behave('fail', 'all'); // the first retry too; the next is minutes away
  await system.post('/api/v1/events', { data: { type: 'contact.updated', data: { id: 'con_1', email: 'ada@example.com' } } });
  const { url } = await first();
  await expect(lanes.getByRole('link', { name: url })).toBeVisible({ timeout: 20_000 });
  await expect(lanes.getByText(/next try/)).toBeVisible({ timeout: 20_000 });
  await behave('accept', 'all');
  const waiting = (await (await system.get('/api/v1/deliveries?state=pending')).json()).items as { id: string }[];
  for (const { id } of waiting) await system.post(`/api/v1/deliveries/${id}/retry`);
  await expect(lanes.getByText('Nothing waits')).toBeVisible({ timeout: 20_000 });
});

test('others are told who sees the System page', async ({ page }) => {
  await open(page, 'utility', '/settings/system');
  await expect(page.getByText('Only system administrators see this page')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Nodes' })).toHaveCount(0);
});

const payload = (page: Page) => page.getByRole('textbox', { name: 'Payload' });
const send = (page: Page) => page.getByRole('button', { name: 'Send test event' });

test('the test tool sends what was typed, and shows both sides', async ({ page }) => {
  const { id } = await first();
  await open(page, 'system', `/settings/webhooks/${id}/test`);
  await expect(payload(page)).toHaveValue(/"email"/);

  await payload(page).fill('{\n  "id": 12345678901234567890,\n}');
  await expect(page.getByText(/^Line 2, column 29: a comma with nothing after it/)).toBeVisible();
  await expect(send(page)).toBeDisabled();

  await payload(page).fill('{"id": 12345678901234567890}');
  await payload(page).press('Control+Enter');
  await expect(page.getByText(/^Accepted with 2\d\d · /)).toBeVisible();
  const request = page.getByRole('region', { name: 'Request', exact: true });
  await expect(request).toContainText('webhook-signature: v1,');
  await expect(request).toContainText('12345678901234567890');
  await expect(page.getByRole('region', { name: 'Response', exact: true })).toBeVisible();
  const { messages } = await (await fetch(new URL('/messages.json', demo.facts.inbox))).json();
  expect(messages[0]).toMatchObject({ eventType: 'contact.created', verdict: 'Signature valid' });
  expect(messages[0].body).toContain('12345678901234567890');
});

test('the test tool begins with the example, digit by digit', async ({ page }) => {
  const body = '{"type": "meter.read", "example": {"id": 12345678901234567890}}';
  const made = await system.post('/api/v1/event-types', { headers: { 'Content-Type': 'application/json' }, data: Buffer.from(body) });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = await first();
  await open(page, 'system', `/settings/webhooks/${id}/test?type=meter.read`);
  await expect(payload(page)).toHaveValue('{\n  "id": 12345678901234567890\n}');
  await expect(page.getByText(/This is the example of the type/)).toBeVisible();
  await send(page).press('Enter');
  await expect(page.getByRole('region', { name: 'Request', exact: true })).toContainText('12345678901234567890');
});

test('the test tool hides the values of custom headers', async ({ page }) => {
  const data = { url: 'https://api.example.com/audit/headers', events: ['contact.created'], headers: { Authorization: 'Bearer hidden-value' } };
  const { id } = (await (await system.post('/api/v1/webhooks', { data })).json()) as Webhook;
  await open(page, 'system', `/settings/webhooks/${id}/test`);
  await send(page).press('Enter');
  const request = page.getByRole('region', { name: 'Request', exact: true });
  await expect(request).toContainText('authorization: ***');
  await expect(send(page)).toBeFocused(); // so that Enter sends once more
  await expect(request).toContainText('Values of custom headers are hidden.');
  expect(await page.content()).not.toContain('hidden-value');
  const { messages } = await (await fetch(new URL('/messages.json', demo.facts.inbox))).json();
  expect(messages[0].headers.Authorization).toEqual(['Bearer hidden-value']);
});

test('the test tool explains a failure, and keeps what was sent', async ({ page }) => {
  const { id } = await first();
  await open(page, 'system', `/settings/webhooks/${id}/test?type=email.sent`);
  await expect(page.getByText('This webhook is not subscribed to email.sent.')).toBeVisible();
  await behave('fail', 'once');
  await send(page).click();
  await expect(page.getByText('status_5xx')).toBeVisible();
  await expect(page.getByText(/Look into the receiver/)).toBeVisible();
  await send(page).click();
  await expect(page.getByText(/^Accepted with 2\d\d · /).first()).toBeVisible();
  const sent = page.getByRole('region', { name: 'Sent from this page' });
  await expect(sent.getByRole('listitem')).toHaveCount(2);
  await sent.getByRole('listitem').last().getByRole('button').first().click();
  await expect(page.getByText('status_5xx')).toBeVisible();
});

test('a utility admin sees status, time and class of a test', async ({ page }) => {
  const { id } = await first();
  await open(page, 'utility', `/settings/webhooks/${id}/test`);
  await send(page).click();
  await expect(page.getByText(/^Accepted with 2\d\d · /).first()).toBeVisible();
  const result = page.getByRole('region', { name: 'Result' });
  await expect(result).toContainText('Success');
  await expect(result.getByRole('img', { name: /^Total/ })).toBeVisible();
  await expect(page.getByText(/Request and response are shown to system administrators only/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Request', exact: true })).toHaveCount(0);
});

test('audit log, System page and test tool are accessible', async ({ page }) => {
  const { id } = await changed('axe');
  await open(page, 'system', '/settings/audit?action=webhook');
  await sentence(page, /^Changed the webhook/).first().click();
  await expect(page.getByRole('table')).toBeVisible();
  await expectAccessible(page);
  await page.goto(`${demo.facts.url}/settings/system`);
  await expect(page.getByRole('region', { name: 'Nodes' })).toBeVisible();
  await expectAccessible(page);
  await page.goto(`${demo.facts.url}/settings/webhooks/${id}/test`);
  await send(page).click();
  await expect(page.getByText(/^Accepted with 2\d\d · /).first()).toBeVisible();
  await expectAccessible(page);
  await payload(page).fill('{');
  await expect(send(page)).toBeDisabled();
  await expectAccessible(page);
});

test('on a phone nothing is wider than the screen', async ({ page }) => {
  const { id } = await changed('phone');
  await page.setViewportSize({ width: 380, height: 800 });
  await open(page, 'system', '/settings/audit?action=webhook');
  await sentence(page, /^Changed the webhook/).first().click();
  await expect(page.getByRole('table')).toBeVisible();
  await narrow(page, 380);
  await page.goto(`${demo.facts.url}/settings/system`);
  await expect(page.getByRole('region', { name: 'Nodes' })).toBeVisible();
  await narrow(page, 380);
  await page.goto(`${demo.facts.url}/settings/webhooks/${id}/test`);
  await send(page).click();
  await expect(page.getByText(/^Accepted with 2\d\d · /).first()).toBeVisible();
  await narrow(page, 380);
});
