import { expect, expectAccessible, signIn, test } from './fixtures.ts';
import { Mails } from './mails.ts';
import { Server } from './server.ts';

const ada = { email: 'ada@example.com', password: 'correct horse battery staple' };
const eve = { email: 'refused@example.com', password: 'another horse battery staple' };

// regenerate replaces the API key of whoever is signed in: news for everybody.
async function regenerate(request: import('@playwright/test').APIRequestContext, url: string, password: string) {
  const confirmed = await request.post(`${url}/api/v1/session/confirm`, { data: { purpose: 'api_key.regenerate', password } });
  const { token } = (await confirmed.json()) as { token: string };
  const answer = await request.post(`${url}/api/v1/api-key/regenerate`, { data: { token } });
  expect(answer.status()).toBe(200);
}

test('in the demo no mail server is set up, and the setting is named', async ({ signedIn }) => {
  const page = await signedIn('system', '/settings/alerts');
  await expect(page).toHaveTitle('Alerts · Patchboard');
  await expect(page.getByText('No mail server is set up')).toBeVisible();
  await expect(page.getByText('--smtp-address')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Send a test mail' })).toBeDisabled();
  await page.getByRole('region', { name: 'Slack' }).getByRole('button', { name: 'Send a test to Slack' }).click();
  await expect(page.getByText('Slack is not connected.')).toBeVisible();
  await page.goto('/settings/system');
  await expect(page.getByRole('region', { name: 'Mail' }).getByText('PATCHBOARD_SMTP_ADDRESS')).toBeVisible();
});

test('the Alerts page and the panel are accessible', async ({ signedIn }) => {
  const page = await signedIn('system', '/settings/alerts');
  await expect(page.getByRole('switch').first()).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: /^Alerts, / }).click();
  await expect(page.getByRole('dialog', { name: 'Alerts' })).toBeVisible();
  await expectAccessible(page);
});

test('a utility admin chooses their own mails, and it is there again after a reload', async ({ signedIn }) => {
  const page = await signedIn('utility', '/settings/alerts');
  await expect(page.getByRole('columnheader')).toHaveText(['Alert', 'E-mail to me']);
  const mine = page.getByRole('switch', { name: 'E-mail to me: A webhook is switched off by itself' });
  await expect(mine).toBeChecked();
  await mine.focus();
  await page.keyboard.press('Space');
  await expect(mine).not.toBeChecked();
  const follow = page.getByRole('button', { name: /^Follow the default of my role again/ });
  await expect(follow).toBeVisible();
  await page.reload();
  await expect(mine).not.toBeChecked();
  await follow.click();
  await expect(mine).toBeChecked();
  await expect(follow).toBeHidden();
});

test('an alert comes live to the bell and by mail; it is read by the keyboard, on a phone', async ({ page }) => {
  const mails = await Mails.start();
  const server = await Server.make();
  try {
    await server.organization('Acme', ada);
    await server.user(eve, 'system_admin');
    await server.start('--smtp-address', mails.address, '--smtp-from', 'patchboard@example.com', '--smtp-tls', 'none');
    await page.setViewportSize({ width: 390, height: 800 });
    await signIn(page, ada, server.url);
    await page.goto(`${server.url}/settings/system`);
    await page.getByRole('button', { name: 'Send a test mail' }).click();
    await expect(page.getByText(`To ${ada.email}: The mail server ${mails.address} took the mail.`)).toBeVisible();
    expect(mails.got[0]).toContain('Subject: Test alert from Patchboard');
    const bell = page.getByRole('button', { name: /^Alerts, / });
    await expect(bell).toHaveAccessibleName('Alerts, none unread');
    await expect(page.locator('[data-live="live"]')).toBeVisible();

    await regenerate(page.request, server.url, ada.password);
    await expect(bell).toHaveAccessibleName('Alerts, 1 unread'); // nothing was pressed
    await expect.poll(() => mails.got.length).toBe(2);
    expect(mails.got[1]).toContain('Subject: The API key was regenerated');
    expect(mails.got[1]).toContain(`To: <${ada.email}>`);

    await bell.focus();
    await page.keyboard.press('Enter');
    const panel = page.getByRole('dialog', { name: 'Alerts' });
    await expect(panel.getByText('The API key was regenerated')).toBeVisible();
    await expect(panel.getByText(`E-mail to ${eve.email} was not sent.`)).toContainText('No such user here');
    await panel.getByRole('button', { name: 'Mark all as read' }).focus();
    await page.keyboard.press('Enter');
    await expect(panel.getByRole('button', { name: /^Mark as read/ })).toBeHidden();
    await page.keyboard.press('Escape');
    await expect(panel).toBeHidden();
    await expect(bell).toBeFocused();
    await expect(bell).toHaveAccessibleName('Alerts, none unread');
    await page.reload();
    await expect(bell).toHaveAccessibleName('Alerts, none unread');
  } finally {
    await server.remove();
    await mails.stop();
  }
});
