import { consent, expect, guide, press, card, section, status, test, toSignIn, trouble } from './integration-steps.ts';

// The ways of HubSpot, LinkedIn and Salesforce that are alike, for each role.
const providers = [
  { name: 'HubSpot', slug: 'hubspot', allow: 'Connect app' },
  { name: 'LinkedIn', slug: 'linkedin', allow: 'Allow' },
  { name: 'Salesforce', slug: 'salesforce', allow: 'Allow' },
] as const;

for (const role of ['utility', 'system'] as const) {
  for (const { name, slug, allow } of providers) {
    test(`a ${role} administrator connects ${name}, sees it break, and well again`, async ({ signedIn, facts }) => {
      const page = await signedIn(role);
      await toSignIn(page, name);
      await consent(page, name, (provider) => provider.getByRole('button', { name: allow, exact: true }).click());
      await expect(guide(page).getByText(new RegExp(`^${name} is connected`))).toBeVisible();
      await press(guide(page), 'Done');
      await status(page, name, 'Connected');
      await card(page, name).getByRole('link', { name, exact: true }).click();

      const check = section(page, 'Connection test');
      await trouble(page, facts.inbox, slug, 'outage');
      await press(check, 'Test connection');
      await expect(check.getByText('The connection does not work.')).toBeVisible();
      await expect(section(page, 'Status')).toContainText('Degraded');
      await trouble(page, facts.inbox, slug, '');
      await press(check, 'Test connection');
      await expect(check.getByText('The connection works.')).toBeVisible();
      await expect(section(page, 'Status')).toContainText('Healthy');
    });
  }
}
