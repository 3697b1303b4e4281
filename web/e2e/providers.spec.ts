import { act, card, consent, disconnect, expect, guide, press, section, status, test, toSignIn, trouble } from './integration-steps.ts';

// The ways of HubSpot, LinkedIn and Salesforce that are alike, for each role: from the
// card to the inbox, through an outage, and disconnected during another.
const providers = [
  { name: 'HubSpot', slug: 'hubspot', asks: /to a HubSpot account/, allow: 'Connect app', account: 'HubSpot account 62515', adds: 'add' },
  { name: 'LinkedIn', slug: 'linkedin', asks: /./, allow: 'Allow', account: 'Ana Verdi', adds: null },
  { name: 'Salesforce', slug: 'salesforce', asks: 'Allow access?', allow: 'Allow', account: '', adds: 'contact' },
] as const;

const email = 'new.lead@acme.test';

for (const role of ['utility', 'system'] as const) {
  for (const { name, slug, asks, allow, account, adds } of providers) {
    test(`a ${role} administrator connects ${name}, sees it break, and well again`, async ({ signedIn, facts }) => {
      const page = await signedIn(role);
      await toSignIn(page, name);
      await consent(page, name, async (provider) => {
        await expect(provider.getByRole('heading', { name: asks }).first()).toBeVisible();
        await provider.getByRole('button', { name: allow, exact: true }).click();
      });
      await expect(guide(page).getByText(new RegExp(`^${name} is connected`))).toBeVisible();
      await press(guide(page), 'Done');
      await status(page, name, 'Connected');
      await card(page, name).getByRole('link', { name, exact: true }).click();
      await expect(section(page, 'Status')).toContainText(account);

      if (adds !== null) {
        await act(page, facts.inbox, `${slug}/${adds}`, { last: 'Lead', email });
        await expect(async () => {
          await press(section(page, 'Sync'), 'Sync now');
          expect(await (await page.request.get(new URL('/messages.json', facts.inbox).href)).text()).toContain(email);
        }).toPass();
      }

      const check = section(page, 'Connection test');
      await trouble(page, facts.inbox, slug, 'outage');
      await press(check, 'Test connection');
      await expect(check.getByText('The connection does not work.')).toBeVisible();
      await expect(section(page, 'Status')).toContainText('Degraded');
      await trouble(page, facts.inbox, slug, '');
      await press(check, 'Test connection');
      await expect(check.getByText('The connection works.')).toBeVisible();
      await expect(section(page, 'Status')).toContainText('Healthy');

      await trouble(page, facts.inbox, slug, 'outage');
      await disconnect(page, name);
      await expect(section(page, 'Status')).toContainText('Available');
    });
  }
}
