import type { Page } from '@playwright/test';
import { act, card, consent, expect, guide, press, sandbox, section, status, test, toSignIn } from './integration-steps.ts';

// exported downloads a shape of the export from the emulated LinkedIn.
async function exported(page: Page, inbox: string, shape: string, name: string) {
  const answer = await page.request.get(`${sandbox(inbox)}/linkedin/export/${shape}`);
  expect(answer.ok()).toBe(true);
  return { name, mimeType: 'application/octet-stream', buffer: await answer.body() };
}

test('contacts are imported by file, without connecting', async ({ signedIn, facts }) => {
  const page = await signedIn('system');
  await page.goto('/settings/integrations/linkedin');
  const part = section(page, 'Import by file');
  const choose = async (shape: string, name: string) => {
    const opening = page.waitForEvent('filechooser');
    await part.getByRole('button', { name: /^Choose (a|another) file$/ }).click();
    await (await opening).setFiles(await exported(page, facts.inbox, shape, name));
  };

  await choose('wrong', 'Contacts.csv');
  await expect(part.getByRole('alert')).toContainText('no columns First Name');
  await expect(part.getByText('Columns of this file: Source, FirstName, LastName')).toBeVisible();

  await choose('zip', 'Basic_LinkedInDataExport.zip');
  await expect(part.getByRole('heading', { name: 'Preview of Basic_LinkedInDataExport.zip' })).toBeFocused();
  await expect(part.getByRole('table', { name: 'Columns' }).getByRole('row', { name: 'Position Position' })).toBeVisible();
  await part.getByRole('button', { name: 'Import 120 people' }).click();
  await expect(part.getByRole('heading', { name: 'Basic_LinkedInDataExport.zip is imported' })).toBeFocused();
  await expect(part.getByRole('table', { name: 'Last imports' }).getByRole('row').nth(1)).toContainText('120 new');

  await choose('german', 'Connections.csv'); // the same people again
  await expect(part.getByText('All of them are known already: there is nothing to import.')).toBeVisible();

  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

test('LinkedIn is connected to sign in, and offers the file in its guide', async ({ signedIn }) => {
  const page = await signedIn('system');
  await page.goto('/settings/integrations');
  await press(card(page, 'LinkedIn'), 'Connect LinkedIn');
  await press(guide(page), 'Import by file instead');
  await expect(guide(page).getByRole('button', { name: 'Choose a file' })).toBeVisible();
  await page.keyboard.press('Escape');
  await toSignIn(page, 'LinkedIn');
  await consent(page, 'LinkedIn', (provider) => provider.getByRole('button', { name: 'Allow' }).click());
  await expect(guide(page).getByText(/LinkedIn is connected/)).toBeVisible();
  await page.goto('/settings/integrations');
  await status(page, 'LinkedIn', 'Connected');
});

// ownToken makes a token at the emulated developer portal, to which the guide leads.
async function ownToken(page: Page): Promise<string> {
  const opening = page.context().waitForEvent('page');
  await guide(page).getByRole('link', { name: 'Make a token at LinkedIn' }).click();
  const portal = await opening;
  await portal.getByRole('button', { name: 'Request access token' }).click();
  const token = await portal.getByLabel('Access token', { exact: true }).textContent();
  await portal.close();
  return (token ?? '').trim();
}

test('a member pastes a token of their own, and a new one when it has ended', async ({ signedIn, facts }) => {
  const page = await signedIn('utility');
  await page.goto('/settings/integrations');
  await press(card(page, 'LinkedIn'), 'Connect LinkedIn');
  await press(guide(page), 'Continue');
  await expect(guide(page).getByText(/^Step 2 of \d: Permissions$/)).toBeVisible();
  await press(guide(page), 'Continue');
  await guide(page).getByRole('radio', { name: 'Read my own connections with a token' }).check();
  await expect(guide(page).getByText(/Nothing has to be set up/)).toBeVisible();
  await press(guide(page), 'Continue');
  await expect(guide(page).getByText(/^Step \d of \d: Token$/)).toBeVisible();

  const field = guide(page).getByLabel('Access token', { exact: true });
  await expect(field).toHaveAttribute('type', 'password');
  await field.fill('not-a-token');
  await field.press('Enter');
  await expect(guide(page).getByRole('alert')).toContainText('LinkedIn does not take this token');
  await field.fill(await ownToken(page));
  await press(guide(page), 'Connect with this token');
  await expect(guide(page).getByText(/LinkedIn is connected/)).toBeVisible();
  await press(guide(page), 'Done');
  await status(page, 'LinkedIn', 'Connected');

  await page.goto('/settings/integrations/linkedin');
  await expect(section(page, 'Status').getByText(/^Assumed, at the latest/)).toBeVisible();
  await expect(section(page, 'Application').getByText(/no application is needed/)).toBeVisible();
  await act(page, facts.inbox, 'linkedin/expire');
  await press(section(page, 'Connection test'), 'Test connection');
  await expect(section(page, 'Status').getByText('Reconnect needed', { exact: true })).toBeVisible();
  await press(section(page, 'Status'), 'Reconnect');
  await expect(guide(page).getByText(/: Token$/)).toBeVisible(); // no window of LinkedIn's
  await field.fill(await ownToken(page));
  await press(guide(page), 'Connect with this token');
  await expect(guide(page).getByText(/LinkedIn is connected/)).toBeVisible();
  await press(guide(page), 'Done');
  await expect(section(page, 'Status').getByText('Connected', { exact: true }).first()).toBeVisible();
});
