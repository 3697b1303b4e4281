import type { Page } from '@playwright/test';
import { expect, signIn, test } from '../e2e/fixtures.ts';
import { Server } from '../e2e/server.ts';
import { picture, views, type View } from './picture.ts';

// What changes what others see: the API key is replaced, a webhook is added, a
// server is set up. Playwright comes to it after the screens, by the file's name.

const question = (page: Page) => page.getByRole('dialog', { name: 'Are you sure you want to regenerate the API key?' });

const url = (page: Page) => page.getByRole('dialog').getByLabel('Webhook URL', { exact: true });

for (const view of Object.keys(views) as View[]) {
  test.describe(view, () => {
    test.use({ viewport: views[view] });

    test('regenerate, key-new', async ({ page, facts }) => {
      await signIn(page, facts.system);
      await page.goto('/settings/integrations');
      await page.getByRole('button', { name: 'Regenerate Key', exact: true }).click();
      await expect(question(page)).toBeVisible();
      await picture(page, view, 'regenerate');
      await question(page).getByLabel('Your password').fill(facts.system.password);
      await question(page).getByRole('button', { name: 'Confirm', exact: true }).click();
      await expect(page.getByRole('textbox', { name: 'New API key in full' })).toBeVisible();
      await picture(page, view, 'key-new');
    });

    test('webhook-added', async ({ page, facts }) => {
      await signIn(page, facts.system);
      await page.goto('/settings/integrations?webhooks=add');
      await expect(url(page)).toBeFocused();
      await url(page).fill('https://your-api.com/webhooks');
      await page.getByRole('checkbox', { name: 'contact.created', exact: true }).check();
      await page.getByRole('button', { name: 'Add Webhook', exact: true }).click();
      await expect(page.getByText('Webhook added', { exact: true })).toBeVisible();
      await picture(page, view, 'webhook-added');
      const { activeWebhooks } = (await (await page.request.get('/api/v1/webhooks')).json()) as { activeWebhooks: { id: string; url: string }[] };
      const added = activeWebhooks.find((one) => one.url === 'https://your-api.com/webhooks');
      await page.request.delete(`/api/v1/webhooks/${added?.id}`);
    });

    test('setup, setup-incomplete, setup-done', async ({ page }) => {
      const server = await Server.make();
      await server.startUnset();
      await page.goto(`${server.url}/setup`);
      await expect(page.getByText('The address is not complete')).toBeVisible();
      await picture(page, view, 'setup-incomplete');
      await page.goto('about:blank'); // the next address differs behind the # alone
      await page.goto(server.setup);
      await page.getByLabel('Organization').fill('Acme');
      await page.getByLabel('Your e-mail address').fill('ada@acme.example');
      await page.getByRole('textbox', { name: 'Password' }).fill('a long pass phrase');
      await picture(page, view, 'setup');
      await page.getByRole('button', { name: 'Set up' }).click();
      await expect(page.getByRole('heading', { name: 'Your organization is ready' })).toBeVisible();
      await picture(page, view, 'setup-done');
      await server.remove();
    });
  });
}
