import type { Page } from '@playwright/test';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, expectAccessible, signIn, test as base } from './fixtures.ts';
import { Server } from './server.ts';

// What the console says of an audit log that is not as it should be: its signed
// heads cannot be written, its end was cut off, and the cut was accepted.

const owner = { email: 'ada@acme.example', password: 'a long pass phrase' };
const reason = "restored Sunday's backup after a disk failure";
const checked = 40_000; // ms; the first check comes with the first periodic work

const test = base.extend<{ server: Server }>({
  server: async ({}, use) => {
    const server = await Server.make();
    await server.organization('Acme', owner);
    await use(server);
    await server.remove();
  },
});

const database = (server: Server) => join(server.dir, 'patchboard.db');
const heads = (server: Server) => join(server.dir, 'audit-heads');
const state = (page: Page) => page.getByRole('region', { name: 'Verification' });

async function open(page: Page, server: Server, at = '/settings/audit') {
  await signIn(page, owner, server.url);
  await page.goto(server.url + at);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

test('entries that no signed head vouches for are unanchored, until one does', async ({ page, server }) => {
  test.slow(); // for the first check
  await server.start();
  await open(page, server);
  await expect(state(page).getByText(/^Verified to entry \d/)).toBeVisible({ timeout: checked });
  await expect(state(page).getByText(/Unanchored since/)).toHaveCount(0);

  const [file] = (await readdir(heads(server))).filter((name) => name.startsWith('org_') && !name.includes('.command.'));
  const head = join(heads(server), file ?? 'none');
  await rename(head, `${head}-away`);
  await mkdir(join(head, 'in the way of the file'), { recursive: true });
  await page.request.post(`${server.url}/api/v1/api-key/copy`, { data: { copyMethod: 'button' } });
  await expect(state(page).getByText(/^Unanchored since entry \d/)).toBeVisible({ timeout: checked });
  await expect(state(page).getByText(/check that the directory of audit heads can be written to/)).toBeVisible();
  await expectAccessible(page);

  await rm(head, { recursive: true });
  await rename(`${head}-away`, head);
  await page.request.post(`${server.url}/api/v1/api-key/copy`, { data: { copyMethod: 'button' } });
  await expect(state(page).getByText(/Unanchored since/)).toHaveCount(0, { timeout: 30_000 });
});

test('a log whose end was cut off is a problem, and a cut that was accepted stays visible', async ({ page, server }) => {
  test.slow(); // three starts
  const backup = join(server.dir, 'backup.db');
  await copyFile(database(server), backup);
  await server.start();
  await open(page, server);
  for (let i = 0; i < 3; i++) await page.request.post(`${server.url}/api/v1/api-key/copy`, { data: { copyMethod: 'button' } });
  await server.stop();

  await copyFile(backup, database(server));
  await server.start();
  await open(page, server);
  await expect(state(page).getByRole('alert')).toContainText('The log was changed outside Patchboard', { timeout: checked });
  await expect(state(page).getByRole('alert')).toContainText('patchboard audit accept');
  await expectAccessible(page);
  await page.goto(`${server.url}/settings/system`);
  await expect(page.getByRole('region', { name: 'Audit log' }).getByRole('alert')).toContainText('The log was changed outside Patchboard');
  await server.stop();

  await copyFile(backup, database(server));
  await server.command('audit', 'accept', '--reason', reason);
  await server.start();
  await open(page, server);
  await expect(state(page).getByText(/^Accepted after a restore at entry \d/)).toBeVisible();
  await expect(state(page).getByText(reason)).toBeVisible();
  await expect(state(page).getByText(/^Verified to entry \d/)).toBeVisible({ timeout: checked });
  await expectAccessible(page);
  await state(page).getByRole('link', { name: /^Show entry/ }).click();
  await expect(page.getByRole('button', { name: 'Accepted the audit log as it is after a restore' })).toBeVisible();
});
