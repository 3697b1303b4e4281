import type { Page } from '@playwright/test';
import type { Role } from './fixtures.ts';
import { expect, expectAccessible, signIn, test as base } from './fixtures.ts';
import { Receiver } from './receiver.ts';
import { Server } from './server.ts';
import { add, dialog, event, field, toggle } from './webhook-steps.ts';

// The first webhook of an organization, for a receiver that answers 401 to whatever
// is not signed with its secret: on "patchboard serve", which is let to reach it.

const accounts = {
  system: { email: 'ada@acme.example', password: 'a long pass phrase' },
  utility: { email: 'grace@acme.example', password: 'another pass phrase' },
};

const test = base.extend<{ server: Server; receiver: Receiver; apiKey: string }>({
  server: async ({}, use) => {
    const server = await Server.make();
    await use(server);
    await server.remove();
  },
  apiKey: async ({ server }, use) => {
    const { apiKey } = await server.organization('Acme', accounts.system);
    await server.user(accounts.utility, 'utility_admin');
    await server.start('--allow-http', '--allow-network', '127.0.0.0/8');
    await use(apiKey);
  },
  receiver: async ({}, use) => {
    const receiver = await Receiver.start();
    await use(receiver);
    await receiver.stop();
  },
});

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

// begin opens the form of the first webhook, as a person comes to it.
async function begin(page: Page, role: Role, server: Server) {
  await signIn(page, accounts[role], server.url);
  await page.goto(`${server.url}/settings/integrations`);
  await expect(page.getByText('0 active, 0 failing, 0 off, 0 disabled, no delivery yet')).toBeVisible();
  await page.getByRole('button', { name: 'Configure', exact: true }).click();
  await expect(dialog(page).getByText('No webhooks yet')).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Add New Webhook' }).click();
  await expect(field(page)).toBeFocused();
}

// give copies the secret that the dialog shows into the receiver's settings.
async function give(page: Page, receiver: Receiver) {
  await dialog(page).getByRole('button', { name: 'Copy signing secret' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^whsec_/);
  receiver.secret = await page.evaluate(() => navigator.clipboard.readText());
}

async function send(server: Server, apiKey: string): Promise<string> {
  const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ type: 'contact.created', data: { id: 'con_1', email: 'ada@example.com' } });
  const answer = await fetch(`${server.url}/api/v1/events`, { method: 'POST', headers, body });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

for (const role of ['system', 'utility'] as const) {
  test(`a ${role} administrator adds it in the order of the form: the refusal says what is lacking`, async ({ page, server, receiver, apiKey }) => {
    await begin(page, role, server);
    await field(page).fill(receiver.url);
    await page.keyboard.press('Tab');
    await expect(dialog(page).getByText('Webhook endpoint unreachable', { exact: true })).toBeVisible();
    await expect(dialog(page).getByText('The server answered 401: reached, but it refused the request.')).toBeVisible();
    await expect(dialog(page).getByText(/give it the signing secret below and try again/)).toBeVisible();
    await expect(event(page, 'contact.created')).toBeDisabled();
    await expectAccessible(page);

    await give(page, receiver);
    await dialog(page).getByRole('button', { name: 'Retry' }).click();
    await expect(dialog(page).getByText(/^The endpoint answered in/)).toBeVisible();
    await event(page, 'contact.created').check();
    await add(page).click();
    await expect(page.getByText('Webhook added', { exact: true })).toBeVisible();
    await expect(toggle(page, receiver.url)).toBeChecked();

    const id = await send(server, apiKey);
    await expect.poll(() => receiver.events.at(-1)).toEqual({ id, type: 'contact.created' });
    expect(receiver.events.map((one) => one.type)).toEqual(['webhook.test', 'webhook.test', 'contact.created']);
  });
}

test('who gives the receiver the secret first is not refused once', async ({ page, server, receiver, apiKey }) => {
  await begin(page, 'utility', server);
  await expect(dialog(page).getByLabel('Signing secret', { exact: true })).toHaveValue(/^whsec_/);
  await give(page, receiver);
  await field(page).fill(receiver.url);
  await event(page, 'contact.created').check();
  await add(page).click();
  await expect(page.getByText('Webhook added', { exact: true })).toBeVisible();
  const id = await send(server, apiKey);
  await expect.poll(() => receiver.events.at(-1)).toEqual({ id, type: 'contact.created' });
});

test('one that is saved switched off before its receiver knows the secret is switched on later', async ({ page, server, receiver, apiKey }) => {
  await begin(page, 'system', server);
  await field(page).fill(receiver.url);
  await page.keyboard.press('Tab');
  await expect(dialog(page).getByText(/reached, but it refused the request/)).toBeVisible();
  await dialog(page).getByRole('checkbox', { name: 'Save switched off' }).check();
  await event(page, 'contact.created').check();
  await give(page, receiver);
  await add(page).click();
  await expect(page.getByText('Webhook added', { exact: true })).toBeVisible();
  await expect(toggle(page, receiver.url)).not.toBeChecked();
  const id = await send(server, apiKey);
  await dialog(page).locator('.mantine-Switch-track').click();
  await dialog(page).getByRole('button', { name: 'Send 1 held' }).click();
  await expect.poll(() => receiver.events.map((one) => one.id)).toContain(id);
});
