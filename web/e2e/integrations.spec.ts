import { expectAccessible, signIn } from './fixtures.ts';
import { act, card, consent, disconnect, expect, guide, press, section, status, test, toSignIn, trouble, type Role } from './integration-steps.ts';

// The dashboard's integrations against the emulated providers, as both roles.

const roles: Role[] = ['system', 'utility'];
const allow = 'Allow'; // Slack's button; Google's is Continue

for (const role of roles) {
  test(`a ${role} administrator sees exact counters, all cards, and what a category holds`, async ({ signedIn }) => {
    const page = await signedIn(role);
    for (const text of ['Connected (2)', 'Available (4)', 'Categories (6)']) await expect(page.getByText(text, { exact: true })).toBeVisible();
    const group = page.getByRole('group', { name: 'Category' });
    await expect(group.getByRole('button')).toHaveCount(7);
    for (const [name, category, description, word] of [
      ['Gmail', 'Email', 'Sync emails and calendar events', 'Connected'],
      ['Google Calendar', 'Email', 'Sync meetings and events', 'Connected'],
      ['Slack', 'Communication', 'Get notifications and updates', 'Available'],
      ['HubSpot', 'Marketing', 'Sync marketing data', 'Available'],
      ['LinkedIn', 'Social', 'Import professional contacts', 'Available'],
      ['Salesforce', 'CRM', 'Import contacts and opportunities', 'Available'],
    ] as const) {
      await expect(card(page, name).getByText(category, { exact: true })).toBeVisible();
      await expect(card(page, name).getByText(description, { exact: true })).toBeVisible();
      await status(page, name, word);
      await expect(card(page, name).getByRole('switch')).toHaveCount(word === 'Connected' ? 1 : 0);
    }
    await expect(card(page, 'Gmail').getByRole('switch')).toBeChecked();
    await group.getByRole('button', { name: 'Email', exact: true }).click();
    await expect(page).toHaveURL(/category=Email/);
    await expect(page.getByText('2 of 6 integrations')).toBeVisible();
    await expect(section(page, 'Health of Email')).toContainText('2 connected');
    await page.reload();
    await expect(page.getByText('2 of 6 integrations')).toBeVisible();
    await page.getByRole('textbox', { name: 'Search integrations' }).fill('calendar');
    await expect(card(page, 'Gmail')).toBeVisible(); // "calendar events"
    await page.getByRole('textbox', { name: 'Search integrations' }).fill('');
    await group.getByRole('button', { name: 'Custom', exact: true }).click();
    await expect(page.getByText('No custom connectors yet')).toBeVisible();
    await expectAccessible(page);
  });

  test(`a ${role} administrator connects Slack, posts to a channel, and disconnects it again`, async ({ signedIn, facts }) => {
    const page = await signedIn(role);
    await toSignIn(page, 'Slack');
    const opened = await consent(page, 'Slack', async (slack) => {
      await expect(slack.getByRole('heading', { name: /wants|requesting/ })).toBeVisible();
      await slack.getByRole('button', { name: allow }).click();
    });
    await expect(guide(page).getByText(/^Step \d of \d: Choices$/)).toBeVisible();
    await expect.poll(() => opened.isClosed()).toBe(true);
    await press(guide(page), 'New contacts');
    await guide(page).getByRole('combobox', { name: 'Channel' }).click();
    await page.getByRole('option', { name: /sales/ }).click();
    await expect(guide(page).locator('[data-preview]')).toContainText('New contact');
    await expectAccessible(page);
    await press(guide(page), 'Send a test message');
    await expect(guide(page).getByText('The test message was posted')).toBeVisible();
    await press(guide(page), 'Save and continue');
    await expect(guide(page).getByText(/^Slack is connected/)).toBeVisible();
    await press(guide(page), 'Done');
    await expect(page.getByText('Connected (3)', { exact: true })).toBeVisible();
    await expect(page.getByText('Available (3)', { exact: true })).toBeVisible();
    await status(page, 'Slack', 'Connected');
    const panel = await (await page.request.get(new URL('/slack', facts.inbox).href)).text();
    expect(panel).toContain('New contact');

    await card(page, 'Slack').getByRole('link', { name: 'Slack', exact: true }).click();
    await expect(section(page, 'Status')).toContainText('Acme');
    await disconnect(page, 'Slack');
    await expect(section(page, 'Status')).toContainText('Available');
  });

  test(`a ${role} administrator denies access and reads what to do`, async ({ signedIn }) => {
    const page = await signedIn(role);
    await toSignIn(page, 'Slack');
    await consent(page, 'Slack', (slack) => slack.getByRole('button', { name: 'Cancel' }).click());
    await expect(guide(page).getByRole('alert')).toContainText('Access was not granted');
    await expect(guide(page).getByRole('button', { name: 'Try again' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByText('Connected (2)', { exact: true })).toBeVisible();
    await status(page, 'Slack', 'Available');
  });

  test(`what breaks shows in every tab of a ${role} administrator, and what is mended too`, async ({ signedIn, facts, context }) => {
    test.slow(); // two tabs with axe, and every check is a real one
    const page = await signedIn(role);
    const other = await context.newPage();
    await signIn(other, facts[role]);
    await other.goto('/settings/integrations');
    await status(other, 'Gmail', 'Connected');
    await act(page, facts.inbox, 'google/revoke', { account: 'ana@example.org' });
    await card(page, 'Gmail').getByRole('link', { name: 'Gmail', exact: true }).click();
    await press(section(page, 'Connection test'), 'Test connection');
    await expect(section(page, 'Connection test').getByText('The connection does not work.')).toBeVisible();
    await status(other, 'Gmail', 'Reconnect needed'); // no reload
    await expect(section(other, 'Needs your attention')).toContainText('Gmail');
    await expect(other.getByText('Connected (2)', { exact: true })).toBeVisible();
    await press(card(other, 'Gmail'), 'Reconnect: Gmail');
    await expect(guide(other)).toBeVisible();
    await other.keyboard.press('Escape');
    await expectAccessible(other);
    await expectAccessible(page);

    await press(page, 'Reconnect');
    await consent(page, 'Gmail', (google) => google.getByRole('button', { name: 'Continue' }).click());
    await expect(guide(page).getByText(/: Choices$/)).toBeVisible();
    await status(other, 'Gmail', 'Connected');
  });
}

test('an outage is found by a test, and its end too', async ({ signedIn, facts }) => {
  const page = await signedIn('utility', '/settings/integrations/gmail');
  await trouble(page, facts.inbox, 'google', 'tls');
  await press(section(page, 'Connection test'), 'Test connection');
  await expect(section(page, 'Connection test').getByRole('listitem').filter({ hasText: 'Secure connection (TLS)' })).toContainText('failed');
  await trouble(page, facts.inbox, 'google', '');
  await press(section(page, 'Connection test'), 'Test connection');
  await expect(section(page, 'Connection test').getByText('The connection works.')).toBeVisible();
});

test('a permission that was left out is named', async ({ signedIn }) => {
  const page = await signedIn('system', '/settings/integrations/google-calendar');
  await press(section(page, 'Status'), 'Reconnect');
  await consent(page, 'Google Calendar', async (google) => {
    await google.getByRole('checkbox').last().uncheck();
    await google.getByRole('button', { name: 'Continue' }).click();
  });
  await expect(guide(page).getByText(/: Choices$/)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(section(page, 'Permissions').getByText('not granted')).toBeVisible();
});

test('the page of an integration has no barrier, in both schemes and on a phone', async ({ signedIn }) => {
  const page = await signedIn('system', '/settings/integrations/gmail');
  await expect(section(page, 'Health history').getByRole('img')).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectAccessible(page);
  const wider = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await wider()).toBe(0);
  await page.goto('/settings/integrations?connect=slack');
  await expect(guide(page)).toBeVisible();
  await expectAccessible(page);
  expect(await wider()).toBe(0);
});

test('the palette finds an integration by its name, and its guide', async ({ signedIn }) => {
  const page = await signedIn('utility', '/settings/events');
  await expect(page.getByText('Live', { exact: true })).toBeVisible(); // keys are heard only then
  await page.keyboard.press('Control+k');
  const search = page.getByPlaceholder('Where to, or what to do?');
  await search.fill('connect sl');
  await expect(page.getByRole('button', { name: 'Connect Slack' })).toBeVisible();
  await search.press('Enter');
  await expect(guide(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await search.fill('google cal');
  await expect(page.getByRole('button', { name: 'Google Calendar' })).toBeVisible();
  await search.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Google Calendar' })).toBeVisible();
});

test('a toggle pauses at once, in every tab, and says who did', async ({ signedIn, facts, context }) => {
  const page = await signedIn('utility');
  const other = await context.newPage();
  await signIn(other, facts.utility);
  await other.goto('/settings/integrations');
  await status(other, 'Gmail', 'Connected');
  await card(page, 'Gmail').locator('.mantine-Switch-track').click();
  await status(page, 'Gmail', 'Paused');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(card(other, 'Gmail').getByText(`Paused by ${facts.utility.email}`)).toBeVisible();
  await expect(other.getByText('Connected (2)', { exact: true })).toBeVisible();
  await other.reload();
  await expect(card(other, 'Gmail').getByRole('switch')).not.toBeChecked();
  await card(other, 'Gmail').locator('.mantine-Switch-track').click();
  await status(page, 'Gmail', 'Connected');
});

test('the dashboard is tracked as it is used', async ({ signedIn, facts }) => {
  const page = await signedIn('utility');
  const sent: { event: string; properties: Record<string, unknown> }[] = [];
  page.on('request', (request) => {
    if (request.url() === `${facts.url}/api/v1/tracking`) sent.push(...(request.postDataJSON() as { events: typeof sent }).events);
  });
  await page.reload();
  await page.getByRole('group', { name: 'Category' }).getByRole('button', { name: 'Email', exact: true }).click();
  await card(page, 'Gmail').getByRole('link', { name: 'Gmail', exact: true }).click();
  await press(section(page, 'Connection test'), 'Test connection');
  await expect(section(page, 'Connection test').getByText('The connection works.')).toBeVisible();
  await expect.poll(() => sent.map(({ event, properties }) => [event, properties]), { timeout: 20_000 }).toEqual(
    expect.arrayContaining([
      ['integration_dashboard_viewed', { connected_count: 2, available_count: 4 }],
      ['category_filtered', { category_name: 'Email', results_count: 2 }],
      ['integration_card_clicked', { integration_name: 'Gmail', integration_status: 'Connected' }],
      ['integration_status_reviewed', { status_type: 'healthy', action_taken: 'tested' }],
    ]),
  );
});

test('where the browser blocks the window, the sign-in goes on in this one and leads back', async ({ signedIn }) => {
  const page = await signedIn('system');
  await page.evaluate(() => {
    window.open = () => null;
  });
  await toSignIn(page, 'Slack');
  await press(guide(page), 'Sign in at Slack');
  await expect(guide(page).getByText('The browser blocked the window')).toBeVisible();
  await guide(page).getByRole('link', { name: 'Continue in this window' }).click();
  await page.getByRole('button', { name: allow }).click();
  await expect(page.getByText('Slack is connected. You can close this window.')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Go on in Patchboard' }).click();
  await expect(guide(page).getByText(/: Choices$/)).toBeVisible();
});

test('another account asks which one counts', async ({ signedIn }) => {
  const page = await signedIn('utility', '/settings/integrations/gmail');
  const asBo = async () => {
    await press(section(page, 'Status'), 'Reconnect');
    await consent(page, 'Gmail', async (google) => {
      await google.getByRole('radio', { name: 'bo@example.org' }).check();
      await google.getByRole('button', { name: 'Continue' }).click();
    });
    await expect(guide(page).getByText('Another account signed in', { exact: true })).toBeVisible();
  };
  await asBo();
  await press(guide(page), 'Keep ana@example.org');
  await expect(section(page, 'Status').getByText('ana@example.org')).toBeVisible();
  await asBo();
  await press(guide(page), 'Use bo@example.org from now on');
  await expect(guide(page).getByText(/: Choices$/)).toBeVisible();
  await expect(page.locator('section').getByText('bo@example.org').first()).toBeAttached();
});

test('the log of syncs and the audit log tell what was done', async ({ signedIn }) => {
  const page = await signedIn('system', '/settings/integrations/gmail');
  await press(section(page, 'Sync'), 'Sync now');
  await expect(section(page, 'Sync log').getByRole('row').filter({ hasText: 'by hand' })).toContainText('Succeeded');
  await page.goto('/settings/audit');
  await expect(page.getByText('Started a sync of Gmail').first()).toBeVisible();
  await expect(page.getByText('Connected Gmail').first()).toBeVisible();
});
