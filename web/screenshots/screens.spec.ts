import { expect, test } from '../e2e/fixtures.ts';
import type { Filled } from './fill.ts';
import { picture, views, type View } from './picture.ts';
import { screens } from './screens.ts';
import type { Sessions } from './sessions.ts';

const filled = () => JSON.parse(process.env.DEMO_FILLED ?? '{}') as Filled;
const sessions = () => JSON.parse(process.env.DEMO_SESSIONS ?? '{}') as Sessions;

for (const view of Object.keys(views) as View[]) {
  test.describe(view, () => {
    test.use({ viewport: views[view] });
    for (const { name, role, at, ready, whole } of screens) {
      test(name, async ({ page, context }) => {
        if (role) await context.addCookies(sessions()[role]);
        await page.goto(at(filled()));
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await ready(page);
        await picture(page, view, name, whole);
      });
    }
  });
}
