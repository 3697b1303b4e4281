import { Desk, live, rowsOf } from './delivery-steps.ts';
import { expect, expectAccessible, test as base } from './fixtures.ts';

const test = base.extend<{ desk: Desk }>({
  desk: async ({ ownDemo, browser }, use) => {
    const desk = new Desk(ownDemo, browser);
    await use(desk);
    await desk.close();
  },
});

const types = '/settings/event-types';

test('an event’s page says for every webhook where it went, or why not, and what to do', async ({ desk }) => {
  const off = await desk.addWebhook('off', ['contact.created'], false);
  const mails = await desk.addWebhook('mails', ['email.sent']);
  const id = await desk.send('contact.created', { id: 'con_1', big: 1 });
  await desk.quiet();
  await desk.addWebhook('later', ['contact.created']);

  const page = await desk.open('system', '/settings/events');
  await rowsOf(page).first().getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/settings/events/${id}$`));
  const where = page.getByRole('list', { name: 'Where it went' }).getByRole('listitem');
  await expect(where).toHaveCount(1);
  await expect(where).toContainText('https://api.example.com/webhooks/contacts');
  await expect(where).toContainText(/Arrived .* with the first try\./);
  await where.getByRole('link', { name: 'Show the delivery' }).click();
  await expect(page.getByRole('dialog', { name: 'Delivery' })).toContainText('Arrived with the first try.');
  await page.goBack();

  await expect(page.getByRole('heading', { name: 'Why was this not delivered?' })).toBeVisible();
  const lineOf = (list: string, path: string) => page.getByRole('list', { name: list }).getByRole('listitem').filter({ hasText: `https://your-api.com/${path}` });
  const why = (path: string) => lineOf('Why was this not delivered?', path);
  await expect(why('off')).toContainText(/Held since \d/);
  await expect(why('off').getByRole('link', { name: 'Go to the webhook and switch it on' })).toHaveAttribute('href', `/settings/webhooks/${off}`);
  await expect(page.getByText('Not subscribed')).toHaveCount(1); // one list of them, not a card each
  const mail = lineOf('The webhook does not want contact.created.', 'mails');
  await expect(mail.getByRole('link')).toHaveAttribute('href', `/settings/webhooks/${mails}`);
  await expect(page.getByText('To send contact.created to it from now on, open its page and choose the type.')).toBeVisible();
  await lineOf('The webhook was added after this event.', 'later').getByRole('button', { name: 'Replay it to this webhook' }).click();
  const dialog = page.getByRole('dialog', { name: 'Replay a time range' });
  await dialog.getByRole('button', { name: 'Count first' }).click();
  await dialog.getByRole('button', { name: 'Send 1 delivery' }).click();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(where).toHaveCount(2, { timeout: 2_000 });

  await live(page);
  await desk.switch(off, true);
  await expect(why('off').getByRole('button', { name: 'Retry' })).toBeVisible({ timeout: 2_000 }); // what is held stays held
  await why('off').getByRole('button', { name: 'Retry' }).click();
  await expect(where).toHaveCount(3, { timeout: 2_000 });
  await expect(page.getByText('"id": "con_1"')).toBeVisible();
});

test('a rule, a person and a time to wait are named', async ({ desk }) => {
  const webhook = await desk.webhook();
  await desk.behave('fail', 'all');
  const waiting = await desk.send();
  const page = await desk.open('utility', `/settings/events/${waiting}`);
  const why = page.getByRole('list', { name: 'Why was this not delivered?' }).getByRole('listitem');
  await expect(why).toContainText(/The last try failed \(Receiver failed with 500\)\. The next one is due at \d+:\d\d:\d\d|due now/);
  await expect(page.getByText('shown to system administrators only')).toBeVisible();

  await desk.behave('gone', 'all');
  const gone = await desk.send();
  await page.goto(`/settings/events/${gone}`);
  await expect(why).toContainText('The receiver answered 410 Gone');
  const held = await desk.send();
  await page.goto(`/settings/events/${held}`);
  await expect(why).toContainText('Disabled by rule');
  await expect(why).toContainText('because it answered 410 Gone');

  const admin = await desk.open('system', `/settings/events/${held}`);
  const answer = await admin.request.post(`/api/v1/webhooks/${webhook}/held`, { data: { action: 'discard' } });
  expect(answer.status()).toBe(200);
  await expect(why).toContainText(`${desk.system} discarded it`, { timeout: 2_000 });
});

test('a system administrator registers an event type: mistakes are named by place, what is typed is kept', async ({ desk }) => {
  const page = await desk.open('system', types);
  await expect(rowsOf(page)).toHaveCount(8);
  await page.getByRole('button', { name: 'Register event type' }).click();
  const form = page.getByRole('dialog', { name: 'Register an event type' });
  await form.getByLabel('Type', { exact: false }).first().fill('Invoice');
  await form.getByLabel('JSON Schema of the data').fill('{\n  "type": "object"\n  "required": ["id"]\n}');
  await form.getByRole('button', { name: 'Register' }).click(); // once: what the field shows when it is left must not move it away
  await expect(form).toContainText('Use two to four words');
  await expect(form.getByLabel('Type', { exact: false }).first()).toBeFocused(); // the first that is wrong
  await expect(form).toContainText('Line 3, column 3: a comma or } is missing');
  await form.getByRole('button', { name: 'Show the place' }).click();
  const field = form.getByLabel('JSON Schema of the data');
  await expect(field).toBeFocused();
  expect(await field.evaluate((e: HTMLTextAreaElement) => e.selectionStart)).toBe(23);

  await page.goBack();
  await expect(form).toBeHidden();
  await page.getByRole('button', { name: 'Register event type' }).click();
  await expect(form.getByText(/This is what you typed before/)).toBeVisible();
  await expect(field).toHaveValue(/required/);

  await form.getByLabel('Type', { exact: false }).first().fill('invoice.paid');
  await field.fill('{"type": "object", "required": ["id"], "properties": {"id": {"type": "strin"}}}');
  await form.getByRole('button', { name: 'Register' }).click();
  await expect(form).toContainText('properties.id.type');
  await field.fill('{"type": "object", "required": ["id"], "properties": {"amount": {"maximum": 12345678901234567890}}}');
  await form.getByLabel('Example of the data').fill('{"amount": 3}');
  await form.getByRole('switch', { name: 'Strict' }).click();
  await form.getByRole('button', { name: 'Register' }).click();
  await expect(form).toContainText('lacks "id"');
  await form.getByLabel('Example of the data').fill('{"id": "inv_1", "amount": 3}');
  await form.getByRole('button', { name: 'Register' }).click();

  const details = page.getByRole('dialog', { name: 'invoice.paid' });
  await expect(details).toContainText('Strict: data that break the schema are refused');
  await expect(details).toContainText('12345678901234567890');
  await details.getByRole('button', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Change invoice.paid' });
  await expect(edit.getByLabel('Description')).toBeFocused();
  await page.keyboard.type('An invoice was paid');
  await edit.getByRole('button', { name: 'Save' }).press('Enter');
  await expect(details).toContainText('An invoice was paid');
  await expect(details.getByRole('button', { name: 'Edit' })).toBeFocused();
  await details.getByRole('button', { name: 'Close' }).click();
  await expect(details).toBeHidden();
  await expect(rowsOf(page)).toHaveCount(9);
  await desk.send('invoice.paid', { id: 'inv_2' });
});

test('a type that another administrator registers or changes appears without a refresh, also as a choice of a webhook', async ({ desk }) => {
  const page = await desk.open('utility', types);
  const form = await desk.open('utility', '/settings/integrations?webhooks=add');
  await expect(rowsOf(page)).toHaveCount(8);
  for (const one of [page, form]) await live(one);
  const admin = await desk.open('system', types);
  const made = await admin.request.post('/api/v1/event-types', { data: { type: 'invoice.paid', description: 'An invoice was paid' } });
  expect(made.status()).toBe(201);
  await expect(rowsOf(page)).toHaveCount(9, { timeout: 2_000 });
  await expect(form.getByRole('checkbox', { name: 'invoice.paid' })).toBeVisible({ timeout: 2_000 });

  await page.getByRole('link', { name: 'Open the event type invoice.paid' }).click();
  await expect(page.getByRole('dialog')).toContainText('An invoice was paid');
  await admin.request.patch('/api/v1/event-types/invoice.paid', { data: { description: 'An invoice was paid in full' } });
  await expect(page.getByRole('dialog')).toContainText('An invoice was paid in full', { timeout: 2_000 });
});

test('what was typed is kept when somebody else was faster', async ({ desk }) => {
  const page = await desk.open('system', types);
  const admin = await desk.open('system', types);
  expect((await admin.request.post('/api/v1/event-types', { data: { type: 'invoice.paid', description: 'first' } })).status()).toBe(201);
  await page.goto(`${types}?type=invoice.paid&edit=1`);
  const edit = page.getByRole('dialog', { name: 'Change invoice.paid' });
  await edit.getByLabel('Description').fill('mine');
  expect((await admin.request.patch('/api/v1/event-types/invoice.paid', { data: { description: 'theirs' } })).status()).toBe(200);
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(edit.getByRole('button', { name: 'Take what is saved' })).toBeVisible();
  const notice = edit.getByRole('alert').filter({ hasText: 'Somebody else has changed this type meanwhile' });
  await expect(notice).toBeInViewport();
  await expect(notice.locator('del')).toHaveText('first');
  await expect(notice.locator('ins')).toHaveText('theirs');
  await expectAccessible(page);
  await edit.getByRole('button', { name: 'Keep what I typed' }).click();
  await expect(edit.getByRole('button', { name: 'Take what is saved' })).toBeHidden();
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('dialog', { name: 'invoice.paid', exact: true })).toContainText('mine');
});

test('a utility administrator views event types and changes none', async ({ desk }) => {
  const page = await desk.open('utility', types);
  await expect(page.getByRole('button', { name: 'Register event type' })).toHaveAttribute('aria-disabled', 'true');
  await expect(page.getByText('Only a system administrator can register or change event types.').first()).toBeVisible();
  await page.getByRole('link', { name: 'Open the event type contact.created' }).click();
  const details = page.getByRole('dialog', { name: 'contact.created' });
  await expect(details).toContainText('"email": "ada@example.com"');
  await expect(details.getByRole('button', { name: 'Edit' })).toHaveCount(0);
  await page.goto(`${types}?new=1`);
  await expect(page.getByRole('button', { name: 'Register', exact: true })).toHaveCount(0);
});

test('events and event types are accessible', async ({ desk }) => {
  test.slow();
  const page = await desk.open('system', '/settings/events');
  await expect(page.getByText('No events yet')).toBeVisible();
  await expectAccessible(page);
  await desk.addWebhook('off', ['contact.created'], false);
  const id = await desk.send();
  await expect(rowsOf(page)).toHaveCount(1);
  await expectAccessible(page);
  await page.goto(`/settings/events/${id}`);
  await expect(page.getByText(/Held since/)).toBeVisible();
  await expectAccessible(page);
  await page.goto(`${types}?type=contact.created`);
  await expect(page.getByRole('dialog')).toContainText('ada@example.com');
  await expectAccessible(page);
  await page.goto(`${types}?new=1`);
  await page.getByLabel('JSON Schema of the data').fill('{');
  await page.getByRole('dialog').getByRole('button', { name: 'Register' }).click();
  await expect(page.getByText(/Line 1, column 2/)).toBeVisible();
  await expectAccessible(page);
});

test('at 380 px events and types are cards, and nothing sticks out', async ({ desk }) => {
  const id = await desk.send();
  const page = await desk.open('system', '/settings/events', { width: 380, height: 800 });
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await expect(page.getByRole('list', { name: 'Events, newest first' }).getByRole('listitem')).toHaveCount(1);
  expect(await width()).toBe(380);
  await page.goto(`/settings/events/${id}`);
  await expect(page.getByRole('heading', { name: 'Why was this not delivered?' })).toBeVisible();
  expect(await width()).toBe(380);
  await page.goto(types);
  await expect(page.getByRole('list', { name: /^Event types/ }).getByRole('listitem')).toHaveCount(8);
  expect(await width()).toBe(380);
});
