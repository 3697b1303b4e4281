import type { Page } from '@playwright/test';
import { join } from 'node:path';
import { expect } from '../e2e/fixtures.ts';

export const views = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;

export type View = keyof typeof views;

const root = join(import.meta.dirname, '../..');

// shown are the pictures of the README and of docs/: where they lie, by the view,
// the colors and the screen that they show.
const shown: Record<string, string> = {
  'desktop-light/integrations': 'integrations.png',
  'desktop-light/webhooks': 'webhook-configuration.png',
  'desktop-light/event': 'event.png',
  'desktop-light/webhook-failing': 'webhook-failing.png',
  'desktop-light/audit-entry': 'audit-log.png',
  'desktop-dark/delivery-gone': 'delivery-dark.png',
  'phone-light/deliveries': 'deliveries-phone.png',
};

// picture writes what the page shows, in both colors; whole is the page from top
// to bottom.
export async function picture(page: Page, view: View, name: string, whole = false) {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await expect(page.locator(`html[data-mantine-color-scheme="${scheme}"]`)).toBeAttached();
    await page.setViewportSize(views[view]);
    await page.evaluate(() => document.fonts.ready);
    const doc = shown[`${view}-${scheme}/${name}`];
    if (doc) await shot(page, join(root, 'docs/images', doc));
    if (whole) await grow(page, view);
    await shot(page, join(root, 'build/screenshots', `${view}-${scheme}`, `${name}.png`));
  }
}

// grow makes the window as high as the page: what is fixed to the window stays
// where it belongs, other than in a picture of more than the window.
async function grow(page: Page, view: View) {
  const { width, height } = views[view];
  await page.evaluate(() => window.scrollTo(0, 0));
  const all = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(height, all) });
}

const shot = (page: Page, path: string) => page.screenshot({ path, animations: 'disabled', caret: 'hide' });
