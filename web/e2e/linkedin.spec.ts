import type { Page } from '@playwright/test';
import { card, consent, expect, guide, press, sandbox, section, status, test, toSignIn } from './integration-steps.ts';

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
