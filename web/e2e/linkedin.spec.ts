import { crc32 } from 'node:zlib';
import type { Page } from '@playwright/test';
import { act, card, consent, expect, guide, press, sandbox, section, status, test, toSignIn } from './integration-steps.ts';

// exported downloads a shape of the export from the emulated LinkedIn.
async function exported(page: Page, inbox: string, shape: string, name: string) {
  const answer = await page.request.get(`${sandbox(inbox)}/linkedin/export/${shape}`);
  expect(answer.ok()).toBe(true);
  return { name, mimeType: 'application/octet-stream', buffer: await answer.body() };
}

interface Chosen {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

// choosing gives a file to the import as a person does, by the button.
const choosing = (page: Page) => async (file: Chosen) => {
  const opening = page.waitForEvent('filechooser');
  await section(page, 'Import by file')
    .getByRole('button', { name: /^Choose (a|another) file$/ })
    .click();
  await (await opening).setFiles(file);
};

const csv = (text: string, name = 'Connections.csv'): Chosen => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

// archive is a ZIP file with one entry, which is not packed.
function archive(entry: string, text: string): Chosen {
  const name = Buffer.from(entry);
  const data = Buffer.from(text);
  const common = Buffer.alloc(26); // what both headers of an entry say, from the version that is needed on
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(data.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, data]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return { name: 'Basic_LinkedInDataExport.zip', mimeType: 'application/zip', buffer: Buffer.concat([local, central, end]) };
}

for (const role of ['system', 'utility'] as const) {
  test(`contacts are imported by file, without connecting (${role})`, async ({ signedIn, facts }) => {
    const page = await signedIn(role);
    await page.goto('/settings/integrations/linkedin');
    const part = section(page, 'Import by file');
    const choose = choosing(page);

    await choose(await exported(page, facts.inbox, 'wrong', 'Contacts.csv'));
    await expect(part.getByRole('alert')).toContainText('no columns First Name');
    await expect(part.getByText('Columns of this file: Source, FirstName, LastName')).toBeVisible();

    await choose(await exported(page, facts.inbox, 'zip', 'Basic_LinkedInDataExport.zip'));
    await expect(part.getByRole('heading', { name: 'Preview of Basic_LinkedInDataExport.zip' })).toBeFocused();
    await expect(part.getByRole('table', { name: 'Columns' }).getByRole('row', { name: 'Position Position' })).toBeVisible();
    await part.getByRole('button', { name: 'Import 120 people' }).click();
    await expect(part.getByRole('heading', { name: 'Basic_LinkedInDataExport.zip is imported' })).toBeFocused();
    await expect(part.getByRole('table', { name: 'Last imports' }).getByRole('row').nth(1)).toContainText('120 new');

    await choose(await exported(page, facts.inbox, 'german', 'Connections.csv')); // the same people again
    await expect(part.getByText('All of them are known already: there is nothing to import.')).toBeVisible();

    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });
}

const header = 'First Name,Last Name,URL,Email Address,Company,Position,Connected On\n';

test('a file that is none says what it is and what to do, and the next one is read', async ({ signedIn }) => {
  const page = await signedIn('utility');
  await page.goto('/settings/integrations/linkedin');
  const part = section(page, 'Import by file');
  const choose = choosing(page);
  const refused = async (file: Chosen, why: string) => {
    await choose(file);
    await expect(part.getByRole('alert')).toContainText(why);
    await expect(part.getByRole('heading', { name: /^Preview of/ })).toHaveCount(0);
  };

  await refused(csv('Vorname,Nachname,URL,E-Mail-Adresse,Unternehmen,Position,Verbunden am\nBo,Rossi,,,Acme,Buyer,15. März 2024\n'), 'an export in English');
  await expect(part.getByText('Columns of this file: Vorname, Nachname')).toBeVisible();
  await refused(csv(''), 'The file is empty.');
  await expect(part.getByText(/^Columns of this file/)).toHaveCount(0);
  await refused(csv(header), 'nobody is in it');
  await refused(archive('Profile.csv', 'First Name\nBo\n'), 'The archive has no Connections.csv.');
  await expect(part.getByText('Profile.csv')).toBeVisible(); // what is in it instead

  await choose(archive('LinkedIn/Connections.csv', `${header}Bo,Rossi,https://www.linkedin.com/in/bo-rossi,,Acme,Buyer,15 Mar 2024\n`));
  await expect(part.getByRole('heading', { name: 'Preview of Basic_LinkedInDataExport.zip' })).toBeFocused();
  await expect(part.getByRole('alert')).toHaveCount(0);
  await part.getByRole('button', { name: 'Import 1 person' }).click();
  await expect(part.getByRole('heading', { name: 'Basic_LinkedInDataExport.zip is imported' })).toBeFocused();
});

test('who may be known already is the same person when somebody says so', async ({ signedIn }) => {
  const page = await signedIn('utility');
  await page.goto('/settings/integrations/linkedin');
  const part = section(page, 'Import by file');
  const choose = choosing(page);
  await choose(csv(`${header}Zoe,Quill,https://www.linkedin.com/in/zoe-quill,,Acme,Buyer,15 Mar 2024\n`));
  await part.getByRole('button', { name: 'Import 1 person' }).click();
  await expect(part.getByRole('heading', { name: 'Connections.csv is imported' })).toBeFocused();

  const old = csv('First Name,Last Name,Company,Position,Connected On\nZoe,Quill,Acme,Chief Buyer,1/2/19\n', 'Old.csv');
  await choose(old);
  await expect(part.getByText('1 person of this file may be known here already')).toBeVisible();
  const known = part.getByRole('link', { name: /^Zoe Quill/ });
  const address = (await known.getAttribute('href')) ?? '';
  await part.getByRole('checkbox', { name: 'the same person as Zoe Quill' }).check();
  await part.getByRole('button', { name: 'Import 1 person' }).click();
  await expect(part.getByRole('heading', { name: 'Old.csv is imported' })).toBeFocused();
  await choose(old); // again
  await expect(part.getByText('All of them are known already: there is nothing to import.')).toBeVisible();

  await page.goto(address);
  await expect(page.getByRole('list', { name: 'Sources' }).getByRole('listitem')).toHaveCount(2);
  await expect(page.getByText('2019-01-02', { exact: true })).toBeVisible();
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
