import type { APIRequestContext, Page } from '@playwright/test';
import type { Facts } from './demo.ts';
import { expect, expectAccessible, test } from './fixtures.ts';

const unique = Date.now().toString(36);

const put = (request: APIRequestContext, { url, apiKey }: Facts, noun: string, data: object) =>
  request.post(`${url}/api/v1/${noun}`, { headers: { Authorization: `Bearer ${apiKey}` }, data });

async function add(request: APIRequestContext, facts: Facts, noun: string, data: object): Promise<string> {
  const answer = await put(request, facts, noun, data);
  expect([200, 201]).toContain(answer.status());
  return ((await answer.json()) as { id: string }).id;
}

const rows = (page: Page) => page.getByRole('table').getByRole('row');

test('what systems and the API have written can be looked at, by kind, source and search', async ({ signedIn, facts, playwright }) => {
  const page = await signedIn('utility');
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Records', exact: true }).click();
  await expect(page).toHaveURL(/\/settings\/records\/contacts$/);
  await page.getByRole('tab', { name: 'E-mails' }).click();
  await expect(rows(page).filter({ hasText: 'Gmail' }).first()).toBeVisible();
  await page.getByRole('combobox', { name: 'Source' }).click();
  await page.getByRole('option', { name: /^Gmail \(\d+\)$/ }).click();
  await expect(page).toHaveURL(/\/settings\/records\/emails\?source=gmail$/);
  await page.getByRole('tab', { name: 'Meetings' }).click();
  await expect(rows(page).filter({ hasText: 'Google Calendar' }).first()).toBeVisible();

  // What is written now comes by itself, and is found.
  await page.getByRole('tab', { name: 'Contacts' }).click();
  const request = await playwright.request.newContext();
  const email = `bo.${unique}@acme.example`;
  const id = await add(request, facts, 'contacts', { externalId: unique, email, firstName: 'Bo', lastName: unique, title: 'CTO' });
  const link = page.getByRole('link', { name: `Open Bo ${unique}` });
  await expect(link).toBeVisible();
  await page.getByRole('textbox', { name: 'Search' }).fill(email.toUpperCase());
  await expect(page).toHaveURL(/text=/);
  await expect(rows(page)).toHaveCount(2); // its head is one
  await page.getByRole('textbox', { name: 'Search' }).fill(`${email} of nobody`);
  await expect(page.getByText('No record matches')).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).first().click();
  await link.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/settings/records/contacts/${id}$`));
  const sources = page.getByRole('list', { name: 'Sources' }).getByRole('listitem');
  await expect(sources).toHaveCount(1);
  await expect(sources).toContainText(unique);

  // The same person by another id of the API: what each says is shown, and who wins.
  await add(request, facts, 'contacts', { externalId: `${unique}-2`, email: email.toUpperCase(), title: 'CEO' });
  await expect(sources).toHaveCount(2);
  await expect(sources.first()).toContainText(/CTO\s*.*API was later/);
  await expect(sources.last()).toContainText(/CEO\s*shown/);
  await expect(page.getByRole('region', { name: 'Contact', exact: true })).toContainText('CEO');
  const key = { Authorization: `Bearer ${facts.apiKey}` };
  expect((await request.delete(`${facts.url}/api/v1/contacts/${id}`, { headers: key })).status()).toBe(204);
  await expect(page.getByText('There is no such record')).toBeVisible();
  await request.dispose();
});

test('a campaign, an opportunity and whom it is about; the list by the keyboard', async ({ signedIn, facts, playwright }) => {
  const request = await playwright.request.newContext();
  const campaign = await add(request, facts, 'campaigns', { name: `Autumn ${unique}`, channel: 'email', begin: new Date(Date.now() - 60_000).toISOString(), audience: 1250 });
  const contact = await add(request, facts, 'contacts', { email: `di.${unique}@acme.example` });
  const deal = await add(request, facts, 'opportunities', { name: `Deal ${unique}`, amount: '1250.50', currency: 'EUR', contact });
  await add(request, facts, 'contacts', { firstName: 'Cy', lastName: unique });
  await request.dispose();
  const page = await signedIn('system', `/settings/records/campaigns/${campaign}`);
  await expect(page.getByRole('region', { name: 'Campaign', exact: true })).toContainText('Running');
  await page.goto(`/settings/records/opportunities/${deal}`);
  await expect(page.getByRole('region', { name: 'Opportunity', exact: true })).toContainText('€1,250.50');
  await page.getByRole('link', { name: 'Show the contact' }).click();
  await expect(page).toHaveURL(new RegExp(`/contacts/${contact}$`));
  await page.goto('/settings/records/contacts');
  await expect(rows(page).nth(2)).toBeVisible();
  await rows(page).nth(1).getByRole('link').focus();
  await page.keyboard.press('ArrowDown');
  await expect(rows(page).nth(2).getByRole('link')).toBeFocused();
});

test('records are accessible, on a phone too', async ({ signedIn, facts, playwright }) => {
  const request = await playwright.request.newContext();
  const contact = await add(request, facts, 'contacts', { email: `el.${unique}@acme.example`, title: 'CTO', externalId: `${unique}-axe` });
  await request.dispose();
  const page = await signedIn('utility', '/settings/records/contacts');
  await expect(rows(page).nth(1)).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 375, height: 740 });
  await page.goto('/settings/records/opportunities');
  await expect(page.getByRole('tab', { name: 'Opportunities' })).toBeInViewport({ ratio: 0.9 });
  for (const at of ['/settings/records/emails', `/settings/records/contacts/${contact}`]) {
    await page.goto(at);
    await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    await expectAccessible(page);
  }
});
