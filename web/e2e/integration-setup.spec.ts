import { expect, expectAccessible, signIn, test as base } from './fixtures.ts';
import { card, guide, press, section } from './integration-steps.ts';
import { Server } from './server.ts';

// An organization whose applications at the providers nobody has set up yet: on
// "patchboard serve", which knows of none.

const accounts = {
  system: { email: 'ada@acme.example', password: 'a long pass phrase' },
  utility: { email: 'grace@acme.example', password: 'another pass phrase' },
};

const test = base.extend<{ server: Server }>({
  server: async ({}, use) => {
    const server = await Server.make();
    await server.organization('Acme', accounts.system);
    await server.user(accounts.utility, 'utility_admin');
    await server.start();
    await use(server);
    await server.remove();
  },
});

test('a utility administrator asks, a system administrator sets it up, and both see it live', async ({ page, server, browser }) => {
  const context = await browser.newContext({ locale: 'en-US' });
  const asking = await context.newPage();
  await signIn(asking, accounts.utility, server.url);
  await asking.goto(`${server.url}/settings/integrations`);
  for (const text of ['Connected (0)', 'Available (6)', 'Categories (6)']) await expect(asking.getByText(text, { exact: true })).toBeVisible();
  await expect(card(asking, 'Slack').getByText('Its application has to be set up first.')).toBeVisible();
  await press(card(asking, 'Slack'), 'Connect Slack');
  await press(guide(asking), 'Continue');
  await press(guide(asking), 'Continue');
  await expect(guide(asking).getByText(/: Application$/)).toBeVisible();
  await expect(guide(asking).getByLabel('Client secret')).toHaveCount(0);
  await press(guide(asking), 'Ask the system administrators');
  await expect(guide(asking).getByText(/The system administrators have been asked/)).toBeVisible();
  await expectAccessible(asking);

  await signIn(page, accounts.system, server.url);
  await page.goto(`${server.url}/settings/integrations/slack`);
  const app = section(page, 'Application');
  await expect(app.getByRole('textbox', { name: 'Callback URL' })).toHaveValue(`${server.url}/api/v1/oauth/callback`);
  await app.getByRole('textbox', { name: 'Client id' }).fill('123.456');
  await app.getByLabel('Client secret', { exact: true }).fill('copied with a space');
  await press(app, 'Save application');
  await expect(app.getByRole('alert')).toContainText('The client secret holds a space or a line break');
  await expect(app.getByLabel('Client secret', { exact: true })).toHaveValue('copied with a space'); // not lost
  await app.getByLabel('Client secret', { exact: true }).fill('3cb1f0d9a7e24c58');
  await press(app, 'Save application');
  await expect(page.getByText('Application saved')).toBeVisible();
  await page.reload();
  await expect(app.getByRole('textbox', { name: 'Client id' })).toHaveValue('123.456');
  await expect(app.getByLabel('Client secret', { exact: true })).toHaveValue('');

  await press(guide(asking), 'Continue'); // it came by itself
  await expect(guide(asking).getByRole('button', { name: 'Sign in at Slack' })).toBeVisible();
  await context.close();
});
