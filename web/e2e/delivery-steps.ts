import type { Browser, BrowserContext, Page } from '@playwright/test';
import type { Demo } from './demo.ts';
import { expect, signIn, type Role } from './fixtures.ts';

const firstLoad = 30_000; // ms, of a browser that has nothing yet, on a busy machine

// Desk is a demo with what these tests do to it from outside: events by the API
// key, webhooks, and how the inbox answers.
export class Desk {
  readonly #demo: Demo;
  readonly #contexts: BrowserContext[] = [];
  readonly #browser: Browser;

  constructor(demo: Demo, browser: Browser) {
    this.#demo = demo;
    this.#browser = browser;
  }

  get url() {
    return this.#demo.facts.url;
  }

  get system() {
    return this.#demo.facts.system.email;
  }

  // open gives a browser of its own, signed in, at a page of the console.
  async open(role: Role, at: string, viewport = { width: 1280, height: 800 }): Promise<Page> {
    const context = await this.#browser.newContext({ baseURL: this.url, locale: 'en-US', timezoneId: 'Europe/Berlin', viewport });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (error) => expect.soft(String(error)).toBe(''));
    page.on('console', (message) => expect.soft(message.text()).not.toMatch(/Content Security Policy/));
    await signIn(page, this.#demo.facts[role]);
    await page.goto(at);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible({ timeout: firstLoad });
    return page;
  }

  async close() {
    for (const context of this.#contexts) await context.close();
  }

  // send sends an event with the API key and gives its id.
  async send(type = 'contact.created', data: object = { id: 'con_1', email: 'ada@example.com' }): Promise<string> {
    const answer = await this.#call('POST', '/events', { type, data });
    return (answer as { id: string }).id;
  }

  async sendMany(n: number) {
    const events = Array.from({ length: n }, (_, i) => ({ type: 'contact.created', data: { id: `con_${i}` } }));
    await this.#call('POST', '/events/batch', { events });
  }

  async addWebhook(path: string, events: string[], enabled = true): Promise<string> {
    const answer = await this.#call('POST', '/webhooks', { url: `https://your-api.com/${path}`, events, enabled });
    return (answer as { id: string }).id;
  }

  async webhook(): Promise<string> {
    const answer = (await this.#call('GET', '/webhooks')) as { activeWebhooks: { id: string }[] };
    return answer.activeWebhooks[0]?.id ?? '';
  }

  async switch(id: string, enabled: boolean) {
    await this.#call('PATCH', `/webhooks/${id}`, { enabled });
  }

  // quiet waits until every delivery has left the queue.
  async quiet() {
    await expect
      .poll(async () => ((await this.#call('GET', '/deliveries?state=pending')) as { items: unknown[] }).items.length)
      .toBe(0);
  }

  // behave has the inbox answer the next message, or all, in some way.
  async behave(behaviour: string, times: 'once' | 'all' = 'once') {
    const body = new URLSearchParams({ behaviour, times });
    const answer = await fetch(new URL('/behaviour', this.#demo.facts.inbox), { method: 'POST', body, redirect: 'manual' });
    expect(answer.status).toBe(303);
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#demo.facts.apiKey}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    expect(answer.ok, `${method} ${path}: ${text}`).toBe(true);
    return text === '' ? null : JSON.parse(text);
  }
}

// rowsOf are the rows of the page's table, without its head.
export const rowsOf = (page: Page) => page.locator('main tbody tr');

export const live = (page: Page) => expect(page.getByText('Live', { exact: true }).first()).toBeVisible();
