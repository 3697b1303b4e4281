import type { Page } from '@playwright/test';
import type { Role } from '../e2e/fixtures.ts';
import { expect } from '../e2e/fixtures.ts';
import type { Filled } from './fill.ts';

export interface Screen {
  name: string; // of its files
  role?: Role; // nobody is signed in without one
  at: (filled: Filled) => string;
  ready: (page: Page) => Promise<void>; // does what leads to it, and waits
  whole?: boolean; // the page from top to bottom; else what is in sight
}

const integrations = '/settings/integrations';
const dialog = (page: Page) => page.getByRole('dialog');
const shown = (text: string | RegExp) => (page: Page) => expect(page.getByText(text).first()).toBeVisible();
const rows = (page: Page) => expect(page.locator('main').getByRole('link', { name: /^Open / }).first()).toBeVisible();
const field = (page: Page) => dialog(page).getByLabel('Webhook URL', { exact: true });
const drawn = (page: Page) => expect(page.locator('.recharts-bar-rectangle path').first()).toBeVisible();
const loaded = (role: Role) => async (page: Page) => {
  await expect(page.getByRole('textbox', { name: 'API key, masked' })).toBeVisible();
  if (role === 'system') await drawn(page);
  await expect(page.getByText(/last delivery|no delivery yet/)).toBeVisible();
};

async function typed(page: Page, url: string) {
  await expect(field(page)).toBeFocused();
  await field(page).fill(url);
}

const anonymous: Screen[] = [
  { name: 'sign-in', at: () => '/sign-in', ready: shown('E-mail address') },
  {
    name: 'sign-in-refused',
    at: () => '/sign-in',
    ready: async (page) => {
      await page.getByLabel('E-mail address').fill('ada@demo.example');
      await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('alert')).toBeVisible();
    },
  },
];

// both are screens that each role sees.
const both = (role: Role): Screen[] => {
  const name = (page: string) => (role === 'system' ? page : `${page}-utility`);
  return [
    { name: name('integrations'), role, at: () => integrations, ready: loaded(role), whole: true },
    { name: name('integration'), role, at: () => `${integrations}/gmail`, ready: (page) => expect(page.getByRole('region', { name: 'Health history' }).getByRole('img')).toBeVisible(), whole: true },
    { name: name('connect'), role, at: () => `${integrations}?connect=slack&step=permissions`, ready: shown('chat:write') },
    { name: name('webhooks'), role, at: () => `${integrations}?webhooks=open`, ready: shown('Active Webhooks') },
    { name: name('webhook'), role, at: (f) => `/settings/webhooks/${f.healthy}`, ready: drawn, whole: true },
    { name: name('deliveries'), role, at: () => '/settings/deliveries', ready: rows },
    { name: name('delivery'), role, at: (f) => `/settings/deliveries?delivery=${f.retried}`, ready: (page) => expect(dialog(page)).toContainText('Arrived with try 2') },
    { name: name('event'), role, at: (f) => `/settings/events/${f.incomplete}`, ready: shown('Held since'), whole: true },
    { name: name('event-types'), role, at: () => '/settings/event-types', ready: shown('invoice.paid') },
    { name: name('audit'), role, at: () => '/settings/audit', ready: (page) => expect(page.getByRole('list', { name: 'Entries, newest first' })).toBeVisible() },
    { name: name('alerts'), role, at: () => '/settings/alerts', ready: (page) => expect(page.getByRole('switch').first()).toBeVisible(), whole: true },
    { name: name('system'), role, at: () => '/settings/system', ready: role === 'system' ? shown('answers this page') : shown(/^Only system/), whole: true },
    {
      name: name('test-tool'),
      role,
      at: (f) => `/settings/webhooks/${f.healthy}/test`,
      ready: async (page) => {
        await page.getByRole('button', { name: 'Send test event' }).click();
        await expect(page.getByText(/^Accepted with 2/).first()).toBeVisible();
      },
      whole: true,
    },
    {
      name: name('palette'),
      role,
      at: () => '/settings/events',
      ready: async (page) => {
        await rows(page);
        await page.keyboard.press('Control+k');
        await expect(page.getByPlaceholder('Where to, or what to do?')).toBeVisible();
      },
    },
  ];
};

const form: Screen[] = [
  { name: 'add-empty', role: 'system', at: () => `${integrations}?webhooks=add`, ready: (page) => expect(field(page)).toBeFocused() },
  {
    name: 'add-locked',
    role: 'system',
    at: () => `${integrations}?webhooks=add`,
    ready: async (page) => {
      await typed(page, 'http://your-api.com/webhooks');
      await expect(dialog(page).getByText('Invalid webhook URL format')).toBeVisible();
    },
  },
  {
    name: 'add-verified',
    role: 'system',
    at: () => `${integrations}?webhooks=add`,
    ready: async (page) => {
      await typed(page, 'https://your-api.com/webhooks');
      await field(page).blur();
      await expect(dialog(page).getByText(/^The endpoint answered in/)).toBeVisible();
      for (const type of ['contact.created', 'email.opened']) await dialog(page).getByRole('checkbox', { name: type, exact: true }).check();
    },
  },
  {
    name: 'add-unreachable',
    role: 'system',
    at: () => `${integrations}?webhooks=add`,
    ready: async (page) => {
      await typed(page, 'https://no-such-host.invalid/hook');
      await field(page).blur();
      await expect(dialog(page).getByText('Webhook endpoint unreachable', { exact: true })).toBeVisible();
    },
  },
  {
    name: 'add-template',
    role: 'system',
    at: () => `${integrations}?webhooks=add`,
    ready: async (page) => {
      await dialog(page).getByRole('radio', { name: 'Slack' }).click();
      await expect(dialog(page).getByText('On the other side', { exact: true })).toBeVisible();
    },
  },
  {
    name: 'edit',
    role: 'system',
    at: () => `${integrations}?webhooks=open`,
    ready: async (page) => {
      await dialog(page).getByRole('button', { name: 'Edit https://api.example.com/webhooks/contacts' }).click();
      await expect(dialog(page).getByText('Edit Webhook')).toBeVisible();
    },
  },
  {
    name: 'webhooks-delete',
    role: 'system',
    at: () => `${integrations}?webhooks=open`,
    ready: async (page) => {
      await dialog(page).getByRole('button', { name: 'Delete https://your-api.com/legacy/contact-sync' }).click();
      await expect(page.getByRole('dialog', { name: 'Delete webhook?' })).toBeVisible();
    },
  },
  {
    name: 'webhooks-tested',
    role: 'system',
    at: () => `${integrations}?webhooks=open`,
    ready: async (page) => {
      await dialog(page).getByRole('button', { name: 'Test https://api.example.com/webhooks/contacts' }).click();
      await expect(dialog(page).getByText('The endpoint took the test event.')).toBeVisible();
    },
  },
];

const others: Screen[] = [
  { name: 'webhook-failing', role: 'system', at: (f) => `/settings/webhooks/${f.failing}`, ready: drawn, whole: true },
  { name: 'webhook-off', role: 'system', at: (f) => `/settings/webhooks/${f.off}`, ready: drawn, whole: true },
  { name: 'webhook-disabled', role: 'system', at: (f) => `/settings/webhooks/${f.disabled}`, ready: drawn, whole: true },
  {
    name: 'webhook-rotate',
    role: 'system',
    at: (f) => `/settings/webhooks/${f.healthy}`,
    ready: async (page) => {
      await page.getByRole('button', { name: 'Rotate secret' }).click();
      await expect(dialog(page)).toBeVisible();
    },
  },
  { name: 'delivery-gone', role: 'system', at: (f) => `/settings/deliveries?delivery=${f.gone}`, ready: (page) => expect(dialog(page)).toContainText('410') },
  { name: 'deliveries-nothing', role: 'system', at: () => '/settings/deliveries?state=discarded&type=email.sent', ready: shown('No delivery matches') },
  {
    name: 'deliveries-replay',
    role: 'system',
    at: () => '/settings/deliveries',
    ready: async (page) => {
      await rows(page);
      await page.getByRole('button', { name: 'Replay' }).click();
      await expect(page.getByRole('button', { name: 'Count first' })).toBeVisible();
    },
  },
  { name: 'events', role: 'system', at: () => '/settings/events', ready: rows },
  { name: 'event-type', role: 'system', at: () => '/settings/event-types?type=invoice.paid', ready: (page) => expect(dialog(page)).toContainText('inv_2041') },
  { name: 'event-type-new', role: 'system', at: () => '/settings/event-types?new=1', ready: (page) => expect(page.getByLabel('JSON Schema of the data')).toBeVisible() },
  {
    name: 'audit-entry',
    role: 'system',
    at: () => '/settings/audit?action=webhook.updated',
    ready: async (page) => {
      await page.getByRole('button', { name: /^Changed the webhook/ }).first().click();
      await expect(page.getByRole('table')).toBeVisible();
    },
    whole: true,
  },
  {
    name: 'account',
    role: 'system',
    at: () => '/settings/events',
    ready: async (page) => {
      await rows(page);
      await page.getByRole('button', { name: /^Account/ }).click();
      await expect(page.getByRole('menu')).toBeVisible();
    },
  },
  {
    name: 'navigation', // behind a button on a phone
    role: 'system',
    at: () => '/settings/events',
    ready: async (page) => {
      await rows(page);
      const button = page.getByRole('button', { name: 'Open the navigation' });
      if (await button.isVisible()) await button.click();
      await expect(page.getByRole('link', { name: 'Audit log', exact: true })).toBeInViewport();
    },
  },
  { name: 'missing', role: 'system', at: () => '/nowhere', ready: shown('There is nothing at this address') },
];

export const screens: Screen[] = [...anonymous, ...both('system'), ...both('utility'), ...form, ...others];
