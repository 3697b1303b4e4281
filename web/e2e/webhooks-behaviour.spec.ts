import { signIn, expectAccessible } from './fixtures.ts';
import {
  add,
  addByForm,
  arrived,
  behave,
  contacts,
  dialog,
  event,
  expect,
  field,
  flip,
  fresh,
  make,
  openForm,
  openList,
  remove,
  row,
  send,
  tabTo,
  test,
  toggle,
} from './webhook-steps.ts';

// How the webhook dialog behaves: by keyboard, in two browsers, on a phone, for
// each role, and when something goes wrong.

test.beforeEach(async ({ page, facts }) => {
  await behave(page, facts.inbox, 'accept');
});

test('the keyboard alone adds a webhook, switches, tests and deletes it', async ({ signedIn }) => {
  const url = fresh();
  const page = await signedIn('utility');
  await tabTo(page.getByRole('button', { name: 'Configure', exact: true }));
  await page.keyboard.press('Enter');
  await expect(dialog(page).getByText('Active Webhooks')).toBeVisible();
  await tabTo(dialog(page).getByRole('button', { name: 'Add New Webhook', exact: true }));
  await page.keyboard.press('Enter');
  await expect(field(page)).toBeFocused();
  await page.keyboard.type(url);
  await page.keyboard.press('Tab'); // leaves the field: the endpoint is asked
  await expect(dialog(page).getByText(/^The endpoint answered in/)).toBeVisible();
  await tabTo(event(page, 'contact.created'));
  await page.keyboard.press('Space');
  await expect(event(page, 'contact.created')).toBeChecked();
  await tabTo(field(page), 'Shift+Tab');
  await page.keyboard.press('Enter'); // Enter submits
  await expect(page.getByText('Webhook added', { exact: true })).toBeVisible();
  await expect(row(page, url).getByRole('link', { name: url })).toBeFocused();

  await tabTo(toggle(page, url));
  await page.keyboard.press('Space');
  await expect(toggle(page, url)).not.toBeChecked();
  await expect(row(page, url).getByText('Off', { exact: true })).toBeVisible();
  await expect(toggle(page, url)).toBeFocused();
  await page.keyboard.press('Space');
  await expect(row(page, url).getByText('Active', { exact: true })).toBeVisible();

  await tabTo(row(page, url).getByRole('button', { name: `Test ${url}` }));
  await page.keyboard.press('Enter');
  await expect(row(page, url).getByText('The endpoint took the test event.')).toBeVisible();

  await tabTo(row(page, url).getByRole('button', { name: `Delete ${url}` }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Delete webhook?' })).toBeVisible();
  await page.keyboard.press('Escape'); // closes the upper dialog alone
  await expect(page.getByRole('dialog', { name: 'Delete webhook?' })).toBeHidden();
  await expect(dialog(page)).toBeVisible();
  await expect(row(page, url).getByRole('button', { name: `Delete ${url}` })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Delete webhook?' })).toBeVisible();
  await tabTo(page.getByRole('dialog', { name: 'Delete webhook?' }).getByRole('button', { name: 'Confirm', exact: true }));
  await page.keyboard.press('Enter');
  await expect(row(page, url)).toBeHidden();
  await expect(dialog(page).getByRole('button', { name: 'Add New Webhook' })).toBeFocused();
});

test('what changes in one browser shows in the other within 2 seconds', async ({ signedIn, browser, facts, baseURL }) => {
  const url = fresh();
  const one = await openList(signedIn);
  const context = await browser.newContext({ baseURL });
  const two = await context.newPage();
  await signIn(two, facts.utility);
  await two.goto('/settings/integrations?webhooks=open');
  await expect(toggle(two, contacts)).toBeChecked();

  await dialog(one).getByRole('button', { name: 'Add New Webhook' }).click();
  await addByForm(one, url, ['email.sent']);
  await expect(toggle(two, url)).toBeChecked({ timeout: 2000 });
  await flip(one, url);
  await expect(toggle(two, url)).not.toBeChecked({ timeout: 2000 });
  await remove(one, url);
  await expect(row(two, url)).toBeHidden({ timeout: 2000 });
  await context.close();
});

test('what is held is offered in every browser and after a refresh, until somebody sends it', async ({ signedIn, browser, facts, baseURL }) => {
  const url = fresh();
  const page = await openList(signedIn);
  await make(page, { url, enabled: false });
  const id = await send(page, 'contact.created');
  const context = await browser.newContext({ baseURL });
  const other = await context.newPage();
  await signIn(other, facts.utility);
  await other.goto('/settings/integrations?webhooks=open');
  await expect(toggle(other, url)).not.toBeChecked();
  await flip(page, url);
  const offer = (on: typeof page) => row(on, url).getByRole('button', { name: 'Send 1 held' });
  for (const each of [page, other]) await expect(offer(each)).toBeVisible({ timeout: 2000 });
  await page.reload();
  await expect(offer(page)).toBeVisible();
  await offer(other).click();
  await expect.poll(async () => (await arrived(page, facts.inbox)).some((m) => m.webhookId === id && m.url === url)).toBe(true);
  await expect(offer(page)).toBeHidden({ timeout: 2000 });
  await remove(page, url);
  await context.close();
});

test('a link opens the dialog, and Back closes it', async ({ signedIn }) => {
  const page = await signedIn('system');
  await page.getByRole('button', { name: 'Configure', exact: true }).click();
  await expect(page).toHaveURL(/\?webhooks=open$/);
  await dialog(page).getByRole('button', { name: 'Add New Webhook' }).click();
  await expect(page).toHaveURL(/\?webhooks=add$/);
  await page.goBack();
  await expect(dialog(page).getByText('Active Webhooks')).toBeVisible();
  await page.goBack();
  await expect(dialog(page)).toBeHidden();
});

test('while the script of the dialog is on the way its place is shown, and can be closed', async ({ signedIn, page }) => {
  let come: () => void = () => undefined;
  const coming = new Promise<void>((done) => (come = done));
  await page.route('**/ConfigurationModal-*.js', async (route) => {
    await coming;
    await route.continue();
  });
  await signedIn('system', '/settings/integrations?webhooks=open');
  await expect(dialog(page).getByText('Loading')).toBeAttached();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await page.getByRole('button', { name: 'Configure', exact: true }).click();
  await expect(dialog(page).getByText('Loading')).toBeAttached();
  come();
  await expect(dialog(page).getByText('Active Webhooks')).toBeVisible();
});

test('editing is part of the address, and Back leads to the list', async ({ signedIn }) => {
  const url = fresh();
  const page = await openList(signedIn);
  await make(page, { url });
  const edit = row(page, url).getByRole('button', { name: `Edit ${url}` });
  await edit.click();
  await expect(page).toHaveURL(/webhooks=edit&webhook=wh_/);
  await page.reload();
  await expect(field(page)).toHaveValue(url);
  await page.goBack();
  await expect(row(page, url).getByRole('link', { name: url, exact: true })).toBeFocused();
  await edit.click();
  await expect(field(page)).toHaveValue(url);
  await dialog(page).getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(row(page, url).getByRole('link', { name: url, exact: true })).toBeFocused();
  await edit.click();
  await expect(field(page)).toHaveValue(url);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await expect(page).toHaveURL(/\/settings\/integrations$/);
  await page.getByRole('button', { name: 'Configure', exact: true }).click();
  await remove(page, url);
});

test('what was typed is there again after a close and after a reload, the secret is a new one', async ({ signedIn }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  const secret = dialog(page).getByLabel('Signing secret', { exact: true });
  await expect(secret).toHaveValue(/^whsec_/);
  const first = await secret.inputValue();
  await field(page).fill(url);
  await event(page, 'email.clicked').check();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await page.getByRole('button', { name: 'Configure', exact: true }).click();
  await expect(dialog(page).getByText(`There is an unfinished webhook: ${url}`)).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Continue' }).click();
  await expect(field(page)).toHaveValue(url);
  await expect(event(page, 'email.clicked')).toBeChecked();
  await expect(secret).toHaveValue(first);

  await page.reload();
  await expect(field(page)).toHaveValue(url);
  await expect(dialog(page).getByText(/This is a new secret/)).toBeVisible();
  await expect(secret).not.toHaveValue(first);
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain('whsec_');
  await dialog(page).getByRole('button', { name: 'Start over' }).click();
  await expect(field(page)).toHaveValue('');
});

test('the secret that is shown signs the check, and is the one that is stored', async ({ signedIn, facts }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  await expect(dialog(page).getByLabel('Signing secret', { exact: true })).toHaveValue(/^whsec_/);
  const secret = await dialog(page).getByLabel('Signing secret', { exact: true }).inputValue();
  await addByForm(page, url, ['email.sent']);
  const list = await (await page.request.get('/api/v1/webhooks')).json();
  const { id } = list.activeWebhooks.find((w: { url: string }) => w.url === url);
  expect((await (await page.request.get(`/api/v1/webhooks/${id}/secret`)).json()).secret).toBe(secret);
  await expect.poll(async () => (await arrived(page, facts.inbox)).find((m) => m.url === url)?.verdict).toBe('Signature valid');
  await remove(page, url);
});

test('of several checks the newest counts, and a slow one can be cancelled', async ({ signedIn, facts }) => {
  const page = await openForm(signedIn);
  await behave(page, facts.inbox, 'hang', 'once');
  await field(page).fill(fresh());
  await field(page).blur();
  await expect(dialog(page).getByText('Sending a signed test request…')).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Cancel check' }).click();
  await expect(dialog(page).getByText('The check was cancelled.')).toBeVisible();

  await behave(page, facts.inbox, 'hang', 'once');
  await field(page).focus();
  await field(page).blur();
  await expect(dialog(page).getByText('Sending a signed test request…')).toBeVisible();
  await field(page).fill(fresh());
  await field(page).blur();
  await expect(dialog(page).getByText(/^The endpoint answered in/)).toBeVisible();
});

test('a double click adds once', async ({ signedIn }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  await field(page).fill(url);
  await event(page, 'email.sent').check();
  await add(page).dblclick();
  await expect(toggle(page, url)).toBeChecked();
  await expect(dialog(page).getByRole('link', { name: url })).toHaveCount(1);
  await remove(page, url);
});

test('an endpoint that refuses is spoken of as reached, and can be saved switched off', async ({ signedIn }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  await page.route('**/api/v1/webhooks/validate', async (route) => {
    if (!(route.request().postDataJSON() as { reach?: boolean }).reach) return route.fallback();
    const detail = 'The server answered 401: reached, but it refused the request.';
    await route.fulfill({ json: { ok: false, message: 'Webhook endpoint unreachable', cause: 'status', detail, durationMs: 12 } });
  });
  await field(page).fill(url);
  await field(page).blur();
  await expect(dialog(page).getByText(/reached, but it refused the request/)).toBeVisible();
  await expect(dialog(page).getByText(/give it the signing secret below/)).toBeVisible();
  await expect(event(page, 'email.sent')).toBeDisabled();
  await dialog(page).getByRole('checkbox', { name: 'Save switched off' }).check();
  await event(page, 'email.sent').check();
  await add(page).click();
  await expect(page.getByText('Webhook added', { exact: true })).toBeVisible();
  await expect(toggle(page, url)).not.toBeChecked();
  await remove(page, url);
});

test('while the server is away nothing typed is lost, and it is offered again', async ({ signedIn }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  await field(page).fill(url);
  await event(page, 'email.sent').check();
  await expect(dialog(page).getByText(/^The format is right/).or(dialog(page).getByText(/^The endpoint answered/))).toBeVisible();
  await page.route('**/api/v1/webhooks', (route) => (route.request().method() === 'POST' ? route.abort() : route.fallback()));
  await add(page).click();
  await expect(dialog(page).getByText('The server cannot be reached')).toBeVisible();
  await expect(field(page)).toHaveValue(url);
  await expect(event(page, 'email.sent')).toBeChecked();
  await page.unroute('**/api/v1/webhooks');
  await dialog(page).getByRole('button', { name: 'Retry' }).click();
  await expect(toggle(page, url)).toBeChecked();
  await remove(page, url);
});

test('a toggle that is refused goes back with a message; one that waits says so', async ({ signedIn }) => {
  const page = await openList(signedIn);
  const problem = { type: '/problems/database-unavailable', title: 'x', status: 503, detail: 'The database does not answer.', fix: 'Try again.' };
  await page.route('**/api/v1/webhooks/wh_*', async (route) => {
    if (route.request().method() !== 'PATCH') return route.fallback();
    await new Promise((done) => setTimeout(done, 1500));
    await route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem });
  });
  await flip(page, contacts);
  await expect(row(page, contacts).getByText(/Switching off…/)).toBeVisible();
  await expect(page.getByText('The webhook was not switched off')).toBeVisible();
  await expect(toggle(page, contacts)).toBeChecked();
});

test('a template sets events, shows the steps, and the format that its receiver needs', async ({ signedIn, facts }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  await dialog(page).getByRole('radio', { name: 'Slack incoming webhook' }).click();
  await expect(dialog(page).getByText('https://hooks.slack.com/services/T1234567/AAAAAAAA/ZZZZZZ')).toBeVisible();
  await expect(event(page, 'campaign.started')).toBeChecked();
  await addByForm(page, url, []);
  const check = (await arrived(page, facts.inbox)).find((m) => m.url === url);
  expect(JSON.parse(check?.body ?? '')).toMatchObject({ text: 'Patchboard test' });
  await remove(page, url);
});

test('editing changes URL and events; what somebody else changed meanwhile is shown', async ({ signedIn }) => {
  const [url, other] = [fresh(), fresh()];
  const page = await openList(signedIn);
  const { id } = await make(page, { url });
  await row(page, url).getByRole('button', { name: `Edit ${url}` }).click();
  await expect(field(page)).toHaveValue(url);
  await page.request.patch(`/api/v1/webhooks/${id}`, { data: { events: ['email.opened'] } });
  await expect(dialog(page).getByText('The webhook was changed meanwhile')).toBeVisible();
  await field(page).fill(other);
  await dialog(page).getByRole('button', { name: 'Save mine all the same' }).click();
  await expect(row(page, other).getByText('email.opened', { exact: true })).toBeVisible();
  await remove(page, other);
});

test('a utility administrator may not change the URL beside custom headers, nor discard or regenerate', async ({ signedIn, browser, facts, baseURL }) => {
  const url = fresh();
  const context = await browser.newContext({ baseURL });
  const admin = await context.newPage();
  await signIn(admin, facts.system);
  await make(admin, { url, headers: { 'X-Team': 'desk' } });
  const page = await openList(signedIn, 'utility');
  await row(page, url).getByRole('button', { name: `Edit ${url}` }).click();
  await expect(field(page)).toBeDisabled();
  await expect(dialog(page).getByText(/Only a system administrator can change its URL/)).toBeVisible();
  await event(page, 'email.sent').check();
  await dialog(page).getByRole('button', { name: 'Save changes' }).click();
  await expect(row(page, url).getByText('email.sent', { exact: true })).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Add New Webhook' }).click();
  await expect(dialog(page).getByRole('button', { name: 'Regenerate Key' })).toHaveAttribute('aria-disabled', 'true');
  await remove(admin, url);
  await context.close();
});

test('every view of the dialog is accessible', async ({ signedIn }) => {
  test.slow();
  const page = await openList(signedIn);
  await expectAccessible(page);
  await row(page, contacts).getByRole('button', { name: `Test ${contacts}` }).click();
  await expect(row(page, contacts).getByText('The endpoint took the test event.')).toBeVisible();
  await expectAccessible(page);
  await row(page, contacts).getByRole('button', { name: `Delete ${contacts}` }).click();
  await expect(page.getByRole('dialog', { name: 'Delete webhook?' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('dialog', { name: 'Delete webhook?' }).getByRole('button', { name: 'Cancel' }).click();
  await row(page, contacts).getByRole('button', { name: `Edit ${contacts}` }).click();
  await expect(field(page)).toBeVisible();
  await expectAccessible(page);
  await dialog(page).getByRole('button', { name: 'Back to the list' }).click();
  await dialog(page).getByRole('button', { name: 'Add New Webhook' }).click();
  await dialog(page).getByRole('radio', { name: 'Your own server' }).click();
  await dialog(page).getByRole('button', { name: 'How to verify' }).click();
  await field(page).fill('http://your-api.com');
  await expect(dialog(page).getByText('Invalid webhook URL format')).toBeVisible();
  await expectAccessible(page);
});

test('on a phone nothing is wider than the screen', async ({ signedIn, page }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  const narrow = async () => {
    const wide = await dialog(page).evaluate((box) => box.scrollWidth - box.clientWidth);
    expect(wide).toBeLessThanOrEqual(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  };
  await openList(signedIn);
  await narrow();
  await dialog(page).getByRole('button', { name: 'Add New Webhook' }).click();
  await dialog(page).getByRole('radio', { name: 'Discord' }).click();
  await narrow();
  await expect(add(page)).toBeInViewport();
});

test('on a phone the URL is near the top, and a template is chosen by the arrow keys', async ({ signedIn, page }) => {
  await page.setViewportSize({ width: 360, height: 640 });
  await openForm(signedIn);
  const top = async () => (await field(page).boundingBox())?.y ?? Infinity;
  await expect(dialog(page).getByRole('radio', { name: 'Discord' })).toBeAttached();
  expect(await top()).toBeLessThan(320);
  await page.keyboard.press('Shift+Tab');
  await expect(dialog(page).getByRole('radio', { name: 'Your own server' })).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  const last = dialog(page).getByRole('radio', { name: 'Discord' });
  await expect(last).toBeFocused();
  await expect(last).toBeInViewport({ ratio: 1 });
  await expect(dialog(page).getByText('On the other side', { exact: true })).toBeVisible();
  expect(await top()).toBeLessThan(320);
});

test('changes that are not saved are there again, in the dialog and on the page of a webhook', async ({ signedIn }) => {
  const [url, other] = [fresh(), fresh()];
  const page = await openList(signedIn);
  const { id } = await make(page, { url, description: 'first' });
  await row(page, url).getByRole('button', { name: `Edit ${url}` }).click();
  await field(page).fill(other);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await page.getByRole('button', { name: 'Configure', exact: true }).click();
  await expect(dialog(page).getByText(`There are changes of ${url} that are not saved.`)).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Continue' }).click();
  await expect(field(page)).toHaveValue(other);
  await dialog(page).getByRole('button', { name: 'Undo changes' }).click();
  await expect(field(page)).toHaveValue(url);

  await page.goto(`/settings/webhooks/${id}`);
  await page.getByLabel('Description').fill('second');
  await page.getByRole('button', { name: 'Add header' }).click();
  await page.getByLabel('Name').fill('X-Team');
  await page.getByLabel('Value').fill('of the header');
  await page.getByRole('link', { name: 'Open the test tool' }).click();
  await page.getByRole('textbox', { name: 'Payload' }).fill('{"kept": true}');
  await page.getByRole('link', { name: 'Deliveries', exact: true }).click();
  await expect(page).toHaveURL(/deliveries/);
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain('of the header');
  await page.goBack();
  await expect(page.getByRole('textbox', { name: 'Payload' })).toHaveValue('{"kept": true}');
  await page.goBack();
  await expect(page.getByLabel('Description')).toHaveValue('second');
  await expect(page.getByLabel('Value')).toHaveValue('of the header');
  await expect(page.getByText(/This is what you typed before/)).toHaveCount(2);
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Saved', { exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Description')).toHaveValue('second');
  await expect(page.getByText(/This is what you typed before/)).toHaveCount(0);
  await remove(page, url);
});

test('the palette opens from within a field, closes alone, and the field is as it was', async ({ signedIn }) => {
  const page = await openForm(signedIn);
  const url = fresh();
  await field(page).fill(url);
  await page.keyboard.press('Control+k');
  await expect(page.getByPlaceholder('Where to, or what to do?')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByPlaceholder('Where to, or what to do?')).toBeHidden();
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue(url);
});
