import { AxeBuilder } from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import { Demo, type Account, type Facts } from './demo.ts';

export type Role = 'system' | 'utility';

interface Fixtures {
  facts: Facts; // of the demo that all specs share
  ownDemo: Demo; // for specs that stop the server, or change what others see
  signedIn: (role: Role, at?: string) => Promise<Page>;
  clean: void; // fails the test that broke the policy, threw in the page or asked another host
}

const here = ['localhost', '127.0.0.1'];

// test is Playwright's, with the demo. Every page is watched: an error that
// nobody caught, something that the policy refused, or a request to another host
// fails the test.
export const test = base.extend<Fixtures>({
  facts: async ({}, use) => {
    await use(JSON.parse(process.env.DEMO_FACTS ?? '{}') as Facts);
  },
  ownDemo: async ({}, use) => {
    const demo = await Demo.start();
    await use(demo);
    await demo.stop();
  },
  // A browser drops keys and clicks that come before a page's first paint.
  page: async ({ page }, use) => {
    const go = page.goto.bind(page);
    page.goto = async (...to) => {
      const answer = await go(...to);
      if (answer !== null) await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
      return answer;
    };
    await use(page);
  },
  signedIn: async ({ page, facts }, use) => {
    await use(async (role, at = '/settings/integrations') => {
      await signIn(page, facts[role]);
      await page.goto(at);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      return page;
    });
  },
  clean: [
    async ({ page }, use) => {
      const wrong: string[] = [];
      page.on('pageerror', (error) => wrong.push(String(error)));
      page.on('console', (message) => {
        if (/Content Security Policy/.test(message.text())) wrong.push(message.text());
      });
      page.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol.startsWith('http') && !here.includes(hostname)) wrong.push(`a request to ${hostname}`);
      });
      await use();
      expect(wrong).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

// signIn gives the page's browser a session, without the form.
export async function signIn(page: Page, account: Account, url = '') {
  const answer = await page.request.post(`${url}/api/v1/session`, { data: account });
  expect(answer.status()).toBe(201);
}

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const ofColors = ['color-contrast', 'link-in-text-block']; // what another scheme can break

// expectAccessible holds what is shown against WCAG 2.2 AA, in both schemes: by
// every rule in light colors, by those that look at colors in dark ones.
export async function expectAccessible(page: Page) {
  await page.bringToFront(); // what lies behind another tab is not drawn anew
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await expect(page.locator(`html[data-mantine-color-scheme="${scheme}"]`)).toBeAttached();
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const axe = new AxeBuilder({ page }).setLegacyMode(); // no frames, so no tab beside is needed
    const { violations } = await (scheme === 'light' ? axe.withTags(rules) : axe.withRules(ofColors)).analyze();
    const found = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `  ${n.html}\n  ${n.failureSummary ?? ''}`).join('\n')}`);
    expect(found, `${page.url()}, ${scheme}`).toEqual([]);
  }
}
