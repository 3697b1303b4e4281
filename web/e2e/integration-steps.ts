import type { Locator, Page } from '@playwright/test';
import { Demo } from './demo.ts';
import { expect, test as base, type Role } from './fixtures.ts';

export { expect, type Role };

// What the specs of integrations have in common. They break the emulated
// providers and connect what others count, so each test has a demo of its own.
export const test = base.extend<{ mine: Demo }>({
  mine: async ({}, use) => {
    const demo = await Demo.start();
    await use(demo);
    await demo.stop();
  },
  facts: ({ mine }, use) => use(mine.facts),
  baseURL: ({ mine }, use) => use(mine.facts.url),
});

// card is that of an integration on the dashboard.
export const card = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Integrations', exact: true }).locator('> li').filter({ has: page.getByRole('heading', { name, exact: true }) });

export const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
export const guide = (page: Page) => page.getByRole('dialog', { name: /^(Connect|Reconnect) / });
export const press = (within: Page | Locator, name: string) => within.getByRole('button', { name, exact: true }).click();

// sandbox is where the emulated providers have their panels.
export const sandbox = (inbox: string) => new URL(inbox).origin;

// trouble breaks a provider, or mends it.
export async function trouble(page: Page, inbox: string, provider: 'google' | 'slack' | 'hubspot' | 'linkedin' | 'salesforce', what: '' | 'outage' | 'tls' | 'dns' | 'client') {
  const answer = await page.request.post(`${sandbox(inbox)}/${provider}/trouble`, { form: { trouble: what } });
  expect(answer.ok()).toBe(true);
}

// act does something at a panel.
export async function act(page: Page, inbox: string, path: string, form: Record<string, string> = {}) {
  const answer = await page.request.post(`${sandbox(inbox)}/${path}`, { form });
  expect(answer.ok()).toBe(true);
}

// consent presses the sign-in's button and answers in the window that opens; it
// gives the window. The window closes by itself once the answer has come back.
export async function consent(page: Page, name: string, answer: (provider: Page) => Promise<void>): Promise<Page> {
  const opening = page.context().waitForEvent('page');
  await press(guide(page), `Sign in at ${name}`);
  const opened = await opening;
  await answer(opened);
  return opened;
}

// toSignIn goes through the guide, from its first step to the sign-in.
export async function toSignIn(page: Page, name: string) {
  await press(card(page, name), `Connect ${name}`);
  await expect(guide(page).getByText(/^Step 1 of \d: What it does$/)).toBeVisible();
  while (!(await guide(page).getByRole('button', { name: `Sign in at ${name}` }).isVisible())) {
    const step = await guide(page).getByText(/^Step \d of \d/).textContent();
    await press(guide(page), 'Continue');
    await expect(guide(page).getByText(step ?? '', { exact: true })).toBeHidden();
  }
}

// status says the word of a card.
export const status = (page: Page, name: string, word: string) => expect(card(page, name).getByText(word, { exact: true }).first()).toBeVisible();

// disconnect ends a connection from its page.
export async function disconnect(page: Page, name: string) {
  await press(section(page, 'Disconnect'), 'Disconnect');
  const dialog = page.getByRole('dialog', { name: `Disconnect ${name}?` });
  await expect(dialog.getByText('This stays')).toBeVisible();
  await press(dialog, 'Disconnect');
  await expect(page.getByText(`${name} is disconnected`, { exact: true })).toBeVisible();
}
