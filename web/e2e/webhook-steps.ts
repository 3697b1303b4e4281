import type { Locator, Page } from '@playwright/test';
import { Demo } from './demo.ts';
import { expect, test as base, type Role } from './fixtures.ts';

export { expect, type Role };

// What the specs of the webhook dialog have in common. They tell the inbox to
// fail and replace the API key, so each worker has a demo of its own.
export const test = base.extend<object, { mine: Demo }>({
  mine: [
    async ({}, use) => {
      const demo = await Demo.start();
      await use(demo);
      await demo.stop();
    },
    { scope: 'worker' },
  ],
  facts: ({ mine }, use) => use(mine.facts),
  baseURL: ({ mine }, use) => use(mine.facts.url),
});

type SignedIn = (role: Role, at?: string) => Promise<Page>;

export const contacts = 'https://api.example.com/webhooks/contacts'; // the demo's own webhook
export const brief = 'https://your-api.com/webhooks'; // the address that the brief adds
export const catalog = [
  'contact.created',
  'contact.updated',
  'contact.deleted',
  'campaign.started',
  'campaign.completed',
  'email.sent',
  'email.clicked',
  'email.opened',
];

let made = 0;

// fresh is an address of the inbox that no other test uses.
export const fresh = () => `${brief}/${Date.now().toString(36)}-${++made}`;

export const dialog = (page: Page) => page.getByRole('dialog', { name: 'Webhook Configuration', exact: true });
export const row = (page: Page, url: string) => dialog(page).getByRole('listitem').filter({ has: page.getByRole('link', { name: url, exact: true }) });
export const toggle = (page: Page, url: string) => dialog(page).getByRole('switch', { name: `Send events to ${url}`, exact: true });
// flip clicks the switch as it is seen; the input itself has no size.
export const flip = (page: Page, url: string) => row(page, url).locator('.mantine-Switch-track').click();
export const field = (page: Page) => dialog(page).getByLabel('Webhook URL', { exact: true });
export const event = (page: Page, name: string) => dialog(page).getByRole('checkbox', { name, exact: true });
export const add = (page: Page) => dialog(page).getByRole('button', { name: 'Add Webhook', exact: true });

export async function openList(signedIn: SignedIn, role: Role = 'system') {
  const page = await signedIn(role, '/settings/integrations?webhooks=open');
  await expect(dialog(page).getByText('Active Webhooks')).toBeVisible();
  return page;
}

export async function openForm(signedIn: SignedIn, role: Role = 'system') {
  const page = await signedIn(role, '/settings/integrations?webhooks=add');
  await expect(field(page)).toBeFocused();
  return page;
}

// addByForm adds a webhook as a person does, from the open form.
export async function addByForm(page: Page, url: string, events: string[]) {
  await field(page).fill(url);
  for (const name of events) await event(page, name).check();
  await add(page).click();
  await expect(page.getByText('Webhook added', { exact: true })).toBeInViewport();
}

const stops = 80; // of the Tab key, at most

// tabTo goes to a part of the page by the Tab key alone.
export async function tabTo(part: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') {
  for (let n = 0; n < stops && !(await part.evaluate((e) => e === document.activeElement)); n++) await part.page().keyboard.press(key);
  await expect(part).toBeFocused();
}

// make adds a webhook by the API, with the session of the page.
export async function make(page: Page, body: Record<string, unknown>): Promise<{ id: string; version: number; secret: string }> {
  const answer = await page.request.post('/api/v1/webhooks', { data: { events: ['contact.created'], ...body } });
  expect(answer.status(), await answer.text()).toBe(201);
  return answer.json();
}

export async function remove(page: Page, url: string) {
  const list = await (await page.request.get('/api/v1/webhooks')).json();
  for (const webhook of list.activeWebhooks) {
    if (webhook.url === url) await page.request.delete(`/api/v1/webhooks/${webhook.id}`);
  }
}

// send accepts an event, with the key of the moment, and gives its id.
export async function send(page: Page, type: string): Promise<string> {
  const key = await (await page.request.post('/api/v1/api-key/copy', { data: { copyMethod: 'manual' } })).json();
  const types = await (await page.request.get('/api/v1/event-types')).json();
  const { example } = types.items.find((one: { type: string }) => one.type === type);
  // Without the page's session: a request with two credentials is refused.
  const headers = { Authorization: `Bearer ${key.apiKey}`, 'Content-Type': 'application/json' };
  const answer = await fetch(new URL('/api/v1/events', page.url()), { method: 'POST', headers, body: JSON.stringify({ type, data: example }) });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

export interface Arrived {
  url: string;
  eventType: string;
  webhookId: string;
  verdict: string;
  headers: Record<string, string[]>;
  body: string;
}

// arrived is what has come to the inbox, newest first.
export async function arrived(page: Page, inbox: string): Promise<Arrived[]> {
  return (await (await page.request.get(`${inbox}/messages.json`)).json()).messages;
}

// behave tells the inbox how to answer from now on.
export async function behave(page: Page, inbox: string, behaviour: 'accept' | 'fail' | 'hang' | 'redirect', times: 'once' | 'all' = 'all') {
  const answer = await page.request.post(`${inbox}/behaviour`, { form: { behaviour, times } });
  expect(answer.ok()).toBe(true);
}
