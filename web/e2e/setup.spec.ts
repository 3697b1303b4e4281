import type { Page } from '@playwright/test';
import { expect, expectAccessible, test as base } from './fixtures.ts';
import { Server } from './server.ts';

// The first start of "patchboard serve": its one-time address makes the first
// organization, once.

const test = base.extend<{ server: Server }>({
  server: async ({}, use) => {
    const server = await Server.make();
    await server.startUnset();
    await use(server);
    await server.remove();
  },
});

const password = 'a long pass phrase';

async function fill(page: Page, email: string, secret = password) {
  await page.getByLabel('Organization').fill('Acme');
  await page.getByLabel('Your e-mail address').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(secret);
}

const submit = (page: Page) => page.getByRole('button', { name: 'Set up' }).click();

test('the one-time address makes organization and administrator, and ends signed in', async ({ page, server }) => {
  await page.goto(server.setup);
  await expect(page).toHaveTitle('Set up Patchboard · Patchboard');
  await expect(page.getByLabel('Organization')).toBeFocused();
  await expectAccessible(page);

  await fill(page, 'ada@acme.example', 'short');
  await submit(page);
  await expect(page.getByText('A password needs at least 12 characters.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.keyboard.press('Enter');

  await expect(page.getByRole('heading', { name: 'Your organization is ready' })).toBeVisible();
  await expect(page).toHaveURL(`${server.url}/setup`); // without the token
  const key = await page.getByLabel('API key', { exact: true }).inputValue();
  expect(key).toMatch(/^sX_\w{32,}$/);
  const answer = await fetch(`${server.url}/api/v1/webhooks`, { headers: { Authorization: `Bearer ${key}` } });
  expect(answer.status).toBe(200);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Copy the API key' }).click();
  const copies = async () => ((await (await page.request.get(`${server.url}/api/v1/audit?action=api_key.copied`)).json()) as { items: { detail: unknown }[] }).items;
  await expect.poll(async () => (await copies()).map((entry) => entry.detail)).toEqual([{ copyMethod: 'button' }]);

  await page.getByRole('button', { name: 'Open the console' }).click();
  await expect(page).toHaveURL(/\/settings\/integrations$/);
  await expect(page.getByText('What connects Acme with other systems')).toBeVisible();
  await page.getByRole('button', { name: 'Account: ada@acme.example' }).click();
  await expect(page.getByRole('menu')).toContainText('System Administrator');
});

test('an address with a wrong token, or without one, says so', async ({ page, server }) => {
  await page.goto(`${server.url}/setup#token=not-the-token`);
  await fill(page, 'eve@acme.example');
  await submit(page);
  await expect(page.getByRole('alert')).toContainText('This set-up address is not valid, or not any more.');
  await expect(page.getByRole('alert')).toContainText('Use the address that the server printed at its last start.');
  await expect(page.getByLabel('Organization')).toHaveValue('Acme'); // what was typed is kept
  await expectAccessible(page);

  await page.goto('about:blank'); // addresses that differ behind the # alone are one page
  await page.goto(`${server.url}/setup`);
  await expect(page.getByText('The address is not complete')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Set up' })).toHaveCount(0);
  await expectAccessible(page);

  await page.goto(`${server.url}/sign-in`);
  await expect(page.getByText('Patchboard is not set up yet')).toBeVisible();
  await expectAccessible(page);
});

test('a used address says that it is used, also to whoever had it open', async ({ page, context, server }) => {
  const late = await context.newPage();
  for (const tab of [page, late]) {
    await tab.goto(server.setup);
    await fill(tab, tab === page ? 'ada@acme.example' : 'eve@acme.example');
  }
  await submit(page);
  await expect(page.getByRole('heading', { name: 'Your organization is ready' })).toBeVisible();
  await submit(late);
  await expect(late.getByRole('alert')).toContainText('Patchboard is set up already.');

  await late.goto('about:blank');
  await late.goto(server.setup);
  await expect(late.getByRole('heading', { name: 'Patchboard has been set up already' })).toBeVisible();
  await expectAccessible(late);
  await context.clearCookies();
  await late.getByRole('button', { name: 'Sign in' }).click();
  await expect(late).toHaveURL(/\/sign-in$/);
});
