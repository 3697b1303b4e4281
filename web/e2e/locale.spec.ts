import { Desk, rowsOf } from './delivery-steps.ts';
import { expect, signIn, test } from './fixtures.ts';

// Dates and numbers are written as the browser's locale has them, whatever
// language the words are in.

test('a German browser has German dates, times and numbers', async ({ ownDemo, browser }) => {
  const desk = new Desk(ownDemo, browser);
  await desk.sendMany(1000);
  const context = await browser.newContext({ baseURL: desk.url, locale: 'de-DE', timezoneId: 'Europe/Berlin' });
  const page = await context.newPage();
  await signIn(page, ownDemo.facts.system);

  await page.goto('/settings/deliveries');
  const time = rowsOf(page).first().locator('time');
  await expect(time).toHaveText(/^(jetzt|vor \d+ (Sekunde|Minute)n?)$/);
  const german = await time.evaluate((e: HTMLTimeElement) => new Intl.DateTimeFormat('de-DE', { dateStyle: 'long', timeStyle: 'long' }).format(new Date(e.dateTime)));
  expect(german).toMatch(/ um \d\d:\d\d:\d\d ME/);
  await time.focus();
  await expect(page.getByRole('tooltip')).toHaveText(german);

  await page.goto('/settings/system');
  const created = page.getByRole('region', { name: 'Deliveries' }).getByRole('definition').first();
  await expect(created).toHaveText('1.000');
  await context.close();
});
