import { signIn } from './fixtures.ts';
import {
  add,
  addByForm,
  arrived,
  behave,
  brief,
  catalog,
  contacts,
  dialog,
  event,
  expect,
  field,
  flip,
  fresh,
  openForm,
  openList,
  remove,
  row,
  send,
  test,
  toggle,
} from './webhook-steps.ts';

// The brief's flow, its alternative flows and its criteria on webhooks, in the
// words of the brief, against a receiver that verifies signatures.

const blue = 'rgb(25, 113, 194)'; // of the theme

test.beforeEach(async ({ page, facts }) => {
  await behave(page, facts.inbox, 'accept');
});

for (const role of ['system', 'utility'] as const) {
  test(`flow steps 1 to 10 as ${role} administrator`, async ({ signedIn, facts }) => {
    const page = await signedIn(role, '/settings/deliveries');
    const came = () => arrived(page, facts.inbox);
    await remove(page, brief);

    await test.step('1-2: Settings, Integrations', async () => {
      const navigation = page.getByRole('navigation');
      await expect(navigation.getByRole('heading', { name: 'Settings', exact: true })).toBeVisible();
      await navigation.getByRole('link', { name: 'Integrations', exact: true }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Integrations', exact: true })).toBeVisible();
    });

    await test.step('3: API Settings, with the API key masked', async () => {
      await expect(page.getByRole('heading', { name: 'API Settings', exact: true })).toBeVisible();
      await expect(page.getByText('Configure API access and webhooks', { exact: true })).toBeVisible();
      const { maskedDisplay } = await (await page.request.get('/api/v1/api-key')).json();
      expect(maskedDisplay).toMatch(/^sX_\*{4}\w{8}\.{3}\w{8}$/);
      await expect(page.getByRole('textbox', { name: 'API key, masked' })).toHaveValue(maskedDisplay);
    });

    await test.step('4: a blue "Configure" beside "Webhooks"', async () => {
      await expect(page.getByRole('heading', { name: 'Webhooks', exact: true })).toBeVisible();
      await expect(page.getByText('Configure real-time event notifications')).toBeVisible();
      const configure = page.getByRole('button', { name: 'Configure', exact: true });
      await expect(configure).toHaveCSS('background-color', blue);
      await configure.click();
    });

    await test.step('5: the webhooks that there are', async () => {
      await expect(dialog(page)).toBeVisible();
      await expect(dialog(page).getByRole('heading', { name: 'Active Webhooks', exact: true })).toBeVisible();
      await expect(toggle(page, contacts)).toBeChecked();
      for (const name of ['contact.created', 'contact.updated']) await expect(row(page, contacts).getByText(name, { exact: true })).toBeVisible();
    });

    await test.step('6: a new one, its URL checked while it is typed', async () => {
      await dialog(page).getByRole('button', { name: 'Add New Webhook', exact: true }).click();
      await expect(field(page)).toBeFocused();
      await field(page).pressSequentially('https:/', { delay: 20 });
      await expect(dialog(page).getByText('Invalid webhook URL format', { exact: true })).toBeVisible();
      await field(page).fill(brief);
      await expect(dialog(page).getByText('Invalid webhook URL format', { exact: true })).toBeHidden();
      await field(page).blur();
      await expect(dialog(page).getByText(/^The endpoint answered in/)).toBeVisible();
    });

    await test.step('7: its events', async () => {
      await expect(dialog(page).getByRole('group', { name: 'Events to Subscribe', exact: true })).toBeVisible();
      for (const name of catalog) await expect(event(page, name)).not.toBeChecked();
      for (const name of ['contact.updated', 'campaign.started', 'email.sent']) await event(page, name).check();
    });

    await test.step('8: "Add Webhook", blue', async () => {
      await expect(add(page)).toHaveCSS('background-color', blue);
      await add(page).click();
      await expect(page.getByText('Webhook added', { exact: true })).toBeVisible();
    });

    await test.step('9: it is in the list, on, and gets what it subscribed to, signed', async () => {
      await expect(toggle(page, brief)).toBeChecked();
      for (const name of ['contact.updated', 'campaign.started', 'email.sent']) await expect(row(page, brief).getByText(name, { exact: true })).toBeVisible();
      const [wanted, not] = [await send(page, 'campaign.started'), await send(page, 'email.opened')];
      await expect.poll(async () => (await came()).find((m) => m.webhookId === wanted)).toMatchObject({ url: brief, verdict: 'Signature valid' });
      expect((await came()).some((m) => m.webhookId === not)).toBe(false);
      // The check came before the webhook was saved: the inbox judges it again.
      await expect.poll(async () => (await came()).find((m) => m.url === brief && m.eventType === 'webhook.test')?.verdict).toBe('Signature valid');
    });

    await test.step('10: back on the page, which counts it; its deliveries; off for maintenance, and on again', async () => {
      await page.keyboard.press('Escape');
      await expect(dialog(page)).toBeHidden();
      await expect(page.getByText(/^[2-9] active, .* 0 off/)).toBeVisible();
      await page.getByRole('navigation').getByRole('link', { name: 'Deliveries', exact: true }).click();
      const sent = page.getByRole('row').filter({ hasText: brief.replace('https://', '') });
      await expect(sent.filter({ hasText: 'campaign.started' }).first()).toContainText('Delivered');

      await page.getByRole('navigation').getByRole('link', { name: 'Integrations', exact: true }).click();
      await page.getByRole('button', { name: 'Configure', exact: true }).click();
      await flip(page, brief);
      await row(page, brief).getByText('Maintenance').click();
      await expect(row(page, brief).getByText(/: Maintenance/)).toBeVisible();
      await expect(page.getByText(/, 1 off,/)).toBeAttached();
      await flip(page, brief);
      await expect(toggle(page, brief)).toBeChecked();
      await expect(page.getByText(/, 0 off,/)).toBeAttached();
    });
    await remove(page, brief);
  });
}

test('flow 4a: a wrong format, and an endpoint that is not reached, each with its cause', async ({ signedIn, facts }) => {
  const page = await openForm(signedIn);
  await event(page, 'email.sent').check();
  await field(page).fill('http://your-api.com/webhooks');
  await expect(dialog(page).getByText('Invalid webhook URL format', { exact: true })).toBeVisible();
  await expect(dialog(page).getByText('The URL starts with http://; only https:// is accepted.')).toBeVisible();
  await expect(event(page, 'email.sent')).toBeDisabled();
  await expect(event(page, 'email.sent')).toBeChecked();

  await behave(page, facts.inbox, 'fail');
  await field(page).fill(fresh());
  await expect(event(page, 'email.sent')).toBeEnabled();
  await field(page).blur();
  await expect(dialog(page).getByText('Webhook endpoint unreachable', { exact: true })).toBeVisible();
  await expect(dialog(page).getByText('The server answered 500: the receiver has a fault of its own.')).toBeVisible();
  await expect(event(page, 'email.sent')).toBeDisabled();

  await behave(page, facts.inbox, 'accept');
  await dialog(page).getByRole('button', { name: 'Retry' }).click();
  await expect(dialog(page).getByText(/^The endpoint answered in/)).toBeVisible();
  await expect(event(page, 'email.sent')).toBeEnabled();
  await expect(event(page, 'email.sent')).toBeChecked();
});

test('flow 4a: a name that does not resolve, and an address that is not public', async ({ signedIn }) => {
  const page = await openForm(signedIn);
  await field(page).fill('https://no-such-host.invalid/hook');
  await field(page).blur();
  await expect(dialog(page).getByText('Webhook endpoint unreachable', { exact: true })).toBeVisible();
  await expect(dialog(page).getByText(/no-such-host\.invalid/)).toBeVisible();
  await field(page).fill('https://10.0.0.1/hook');
  await expect(dialog(page).getByText(/10\.0\.0\.1 \(private\)/)).toBeVisible();
  await expect(dialog(page).getByRole('checkbox', { name: 'Save switched off' })).toBeDisabled();
});

test('flow 7a: the key is regenerated in between, and the form is as it was', async ({ signedIn, facts }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  await field(page).fill(url);
  await event(page, 'contact.deleted').check();
  await expect(dialog(page).getByLabel('Signing secret', { exact: true })).toHaveValue(/^whsec_/);
  const secret = await dialog(page).getByLabel('Signing secret', { exact: true }).inputValue();
  await dialog(page).getByRole('button', { name: 'Regenerate Key', exact: true }).click();
  const asking = page.getByRole('dialog', { name: 'Are you sure you want to regenerate the API key?', exact: true });
  await asking.getByLabel('Your password').fill(facts.system.password);
  await asking.getByRole('button', { name: 'Confirm', exact: true }).click();
  const shown = page.getByRole('dialog', { name: 'New API key' });
  await expect(shown.getByRole('textbox')).toHaveValue(/^sX_/);
  await shown.getByLabel('I have stored the new key').check();
  await shown.getByRole('button', { name: 'Done' }).click();
  await expect(shown).toBeHidden();
  await expect(field(page)).toHaveValue(url);
  await expect(event(page, 'contact.deleted')).toBeChecked();
  await expect(dialog(page).getByLabel('Signing secret', { exact: true })).toHaveValue(secret);
  await addByForm(page, url, []);
  await remove(page, url);
});

test('flow 8a: off stops at once; what came is held, and sent when somebody says so', async ({ signedIn, facts }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  const came = () => arrived(page, facts.inbox);
  await addByForm(page, url, ['contact.created']);
  await flip(page, url);
  await expect(row(page, url).getByText('Off', { exact: true })).toBeVisible();
  await row(page, url).getByText('Maintenance').click();
  await expect(row(page, url).getByText(/: Maintenance/)).toBeVisible();
  const id = await send(page, 'contact.created');
  await expect.poll(async () => (await came()).some((m) => m.webhookId === id && m.url === contacts)).toBe(true);
  expect((await came()).some((m) => m.webhookId === id && m.url === url)).toBe(false);

  await flip(page, url);
  await row(page, url).getByRole('button', { name: 'Send 1 held' }).click();
  await expect.poll(async () => (await came()).some((m) => m.webhookId === id && m.url === url)).toBe(true);

  await row(page, url).getByRole('button', { name: `Delete ${url}` }).click();
  const asking = page.getByRole('dialog', { name: 'Delete webhook?', exact: true });
  await expect(asking.getByText(url)).toBeVisible();
  await asking.getByRole('button', { name: 'Confirm', exact: true }).click();
  await expect(row(page, url)).toBeHidden();
  await page.reload();
  await expect(toggle(page, contacts)).toBeVisible();
  await expect(row(page, url)).toBeHidden(); // for good
});

test('criterion 5: the list has URL and toggle switches', async ({ signedIn }) => {
  const page = await openList(signedIn);
  await expect(dialog(page).getByRole('link', { name: contacts })).toBeVisible();
  await expect(toggle(page, contacts)).toBeChecked();
});

test('criteria 6 and 8: a URL field, and a checkbox an event in the order of the catalog', async ({ signedIn }) => {
  const page = await openList(signedIn, 'utility');
  await dialog(page).getByRole('button', { name: 'Add New Webhook', exact: true }).click();
  await expect(field(page)).toBeVisible();
  const group = dialog(page).getByRole('group', { name: 'Events to Subscribe', exact: true });
  const names = await group.getByRole('checkbox').evaluateAll((all) => all.map((one) => (one as HTMLInputElement).labels?.[0]?.textContent));
  expect(names.slice(0, 9)).toEqual(['Select all', ...catalog]);
});

test('criteria 7 and 19: only https is saved, and every refusal says why', async ({ signedIn }) => {
  const page = await openForm(signedIn);
  for (const [wrong, why] of [
    ['your-api.com/webhooks', /must start with https/],
    ['https://', /no host name/],
    ['https://your api.com', /space/],
    ['ftp://your-api.com', /only https:\/\/ is accepted/],
  ] as const) {
    await field(page).fill(wrong);
    await expect(dialog(page).getByRole('alert').getByText('Invalid webhook URL format')).toBeVisible();
    await expect(dialog(page).getByText(why)).toBeVisible();
    await add(page).click();
    await expect(field(page)).toBeFocused();
  }
});

test('criterion 9: a toggle needs no save, no refresh and no dialog', async ({ signedIn }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  await addByForm(page, url, ['email.sent']);
  const stored = async () => {
    const list = await (await page.request.get('/api/v1/webhooks')).json();
    return (list.activeWebhooks as { url: string; enabled: boolean }[]).find((w) => w.url === url)?.enabled;
  };
  let loads = 0;
  page.on('load', () => loads++);
  for (const [enabled, word] of [
    [false, 'Off'],
    [true, 'Active'],
  ] as const) {
    await flip(page, url);
    await expect(toggle(page, url)).toBeChecked({ checked: enabled });
    await expect(row(page, url).getByText(word, { exact: true })).toBeVisible();
    await expect.poll(stored).toBe(enabled);
    await expect(page.getByRole('dialog')).toHaveCount(1);
  }
  expect(loads).toBe(0);
  await remove(page, url);
});

test('criterion 20: webhooks are as they were after a refresh, and in another session', async ({ signedIn, browser, facts, baseURL }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  await addByForm(page, url, ['email.sent']);
  await flip(page, url);
  await expect(row(page, url).getByText('Off', { exact: true })).toBeVisible();
  await page.reload();
  const context = await browser.newContext({ baseURL });
  const later = await context.newPage();
  await signIn(later, facts.utility);
  await later.goto('/settings/integrations?webhooks=open');
  for (const one of [page, later]) {
    await expect(toggle(one, url)).not.toBeChecked();
    await expect(row(one, url).getByText('email.sent', { exact: true })).toBeVisible();
  }
  await context.close();
  await remove(page, url);
});

test('criterion 14: deleting asks, and Cancel leaves everything', async ({ signedIn }) => {
  const page = await openList(signedIn);
  await row(page, contacts).getByRole('button', { name: `Delete ${contacts}` }).click();
  const asking = page.getByRole('dialog', { name: 'Delete webhook?', exact: true });
  await expect(asking.getByText(contacts)).toBeVisible();
  await expect(asking.getByText(/pending/)).toBeVisible();
  await asking.getByRole('button', { name: 'Cancel' }).click();
  await expect(row(page, contacts)).toBeVisible();
});

test('criterion 15: every change of a webhook is in the audit log', async ({ signedIn }) => {
  const url = fresh();
  const page = await openForm(signedIn);
  await addByForm(page, url, ['email.sent']);
  await flip(page, url);
  await expect(row(page, url).getByText('Off', { exact: true })).toBeVisible();
  await remove(page, url);
  const log = await (await page.request.get('/api/v1/audit?limit=20')).json();
  const actions = log.items.filter((entry: { target: { name?: string } }) => entry.target.name === url).map((entry: { action: string }) => entry.action);
  expect(actions).toEqual(['webhook.deleted', 'webhook.switched_off', 'webhook.created']);
});
