import { notifications } from '@mantine/notifications';
import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answer, problem, show, type Answers } from '../../apikey/fixture';
import { forgetDrafts } from '../../draft';
import { t } from '../../text';
import { attention, channels, connectedSlack, gmailDetail, hubspot, openAttempt, run, slackDetail } from '../fixture';
import { useGuide } from '../guide';
import { GuideHost } from '../GuideHost';
import type { Attempt, Detail } from '../types';

vi.setConfig({ testTimeout: 30_000 });
configure({ asyncUtilTimeout: 8_000 });
const words = t.connect;
const authorizeUrl = 'https://slack.com/oauth/v2/authorize?state=s';

interface World {
  detail: Detail;
  attempt: Attempt;
}

// popup is a window that a click opened, or none where the browser blocked it.
const popup = { opener: {} as unknown, closed: false, location: { replace: vi.fn() }, close: vi.fn() };

beforeEach(() => {
  forgetDrafts();
  notifications.clean();
  Object.assign(popup, { opener: {}, closed: false });
  popup.location.replace.mockClear();
  popup.close.mockClear();
  vi.stubGlobal('open', vi.fn(() => popup));
});
afterEach(() => vi.unstubAllGlobals());

function Page() {
  return <GuideHost guide={useGuide()} />;
}

const dialog = () => within(screen.getByRole('dialog'));
const press = async (name: string) => fireEvent.click(await screen.findByRole('button', { name }));

// open shows the guide on a server that has this integration; what it becomes is told live.
async function open(start: Detail, { at = '', role = 'system_admin' as 'system_admin' | 'utility_admin', more = {} as Answers } = {}) {
  const world: World = { detail: start, attempt: openAttempt };
  const { slug } = start;
  const asked = answer({
    [`GET /api/v1/integrations/${slug}`]: () => ({ body: world.detail }),
    [`GET /api/v1/integrations/${slug}/attempts/cat_1`]: () => ({ body: world.attempt }),
    [`POST /api/v1/integrations/${slug}/connect`]: () => ({ body: { authorizeUrl, attempt: openAttempt } }),
    [`GET /api/v1/integrations/${slug}/choices`]: { body: channels },
    'GET /api/v1/event-types': { body: { items: [{ type: 'contact.created' }, { type: 'email.sent' }] } },
    [`POST /api/v1/integrations/${slug}/preview`]: { body: { title: 'New contact', text: 'Ada Lovelace' } },
    ...more,
  });
  const page = show(<Page />, { at: `/settings/integrations?connect=${slug}${at}`, role });
  await screen.findByText(/^Step 1 of|^Step \d/);
  const live = async (change: Partial<World>) => {
    Object.assign(world, change);
    await page.client.invalidateQueries({ queryKey: ['integrations'] });
  };
  const sent = () => asked.filter(({ call }) => !call.startsWith('GET') && !call.endsWith('/preview') && !call.endsWith('/scopes'));
  return { ...page, live, sent };
}

test('it leads from what it does over the permissions to the sign-in, and on by itself', async () => {
  const { router, live, sent } = await open(slackDetail);
  dialog().getByText('Step 1 of 5: What it does');
  dialog().getByText('Events are told of in channels that you choose.');
  await press(words.next);
  dialog().getByText('Step 2 of 5: Permissions');
  dialog().getByText('chat:write');
  dialog().getByText('To post where the bot is a member.');
  await press(words.next);
  await dialog().findByText('Step 3 of 5: Sign in');
  expect(router.state.location.search).toBe('?connect=slack&step=signin');
  await press('Sign in at Slack');
  expect(window.open).toHaveBeenCalledTimes(1); // within the click
  expect(popup.opener).toBeNull();
  await waitFor(() => expect(popup.location.replace).toHaveBeenCalledWith(authorizeUrl));
  await dialog().findByText(words.signin.waiting('Slack'));
  expect(router.state.location.search).toBe('?connect=slack&step=signin&attempt=cat_1');

  await live({ attempt: { ...openAttempt, status: 'succeeded' }, detail: connectedSlack });
  await dialog().findByText('Step 4 of 5: Choices');
  expect(router.state.location.search).toBe('?connect=slack&step=choices');
  expect(sent()).toEqual([{ call: 'POST /api/v1/integrations/slack/connect', body: {} }]);
});

test('after the sign-in channels are chosen, and saved', async () => {
  const { sent } = await open(connectedSlack, {
    at: '&step=choices',
    more: { 'PATCH /api/v1/integrations/slack': (body) => ({ body: { ...connectedSlack, settings: (body as { settings: Detail['settings'] }).settings, version: 3 } }) },
  });
  await press('New contacts');
  await press(words.choices.save); // no channel yet: that is said
  await dialog().findByText(t.integrationPage.rules.missingChannel);
  expect(sent()).toEqual([]);
  fireEvent.click(dialog().getByRole('combobox', { name: t.integrationPage.rules.channel }));
  fireEvent.click(await screen.findByRole('option', { name: '#sales' }));
  await press(words.choices.save);
  await dialog().findByText('Step 5 of 5: Connected');
  const rules = [{ events: ['contact.created'], channel: 'C0SALES', title: 'New contact', text: '{{data.firstName}} {{data.lastName}}, {{data.email}}' }];
  expect(sent()).toEqual([{ call: 'PATCH /api/v1/integrations/slack', body: { settings: { rules } } }]);
  dialog().getByText(/Slack is connected as Acme/);
});

test('a blocked window is replaced by a link in this one', async () => {
  vi.stubGlobal('open', vi.fn(() => null));
  await open(slackDetail, { at: '&step=signin' });
  await press('Sign in at Slack');
  await dialog().findByText(words.signin.blocked);
  expect(dialog().getByRole('link', { name: words.signin.here }).getAttribute('href')).toBe(authorizeUrl);
});

test('an address that is none of the web is not gone to', async () => {
  await open(slackDetail, { at: '&step=signin', more: { 'POST /api/v1/integrations/slack/connect': { body: { authorizeUrl: 'javascript:alert(1)', attempt: openAttempt } } } });
  await press('Sign in at Slack');
  await dialog().findByText(words.signin.waiting('Slack'));
  expect(popup.location.replace).not.toHaveBeenCalled();
  expect(dialog().queryByRole('link')).toBeNull();
});

test('a refusal closes the window and says why', async () => {
  await open(slackDetail, { at: '&step=signin', more: { 'POST /api/v1/integrations/slack/connect': problem(409, 'not-configured', 'No client id is set.', 'Set it up.') } });
  await press('Sign in at Slack');
  await dialog().findByText('No client id is set.');
  expect(popup.close).toHaveBeenCalled();
});

test.each([
  ['denied', words.outcome.denied, undefined],
  ['failed', words.outcome.failed, 'The code was used already.'],
  ['not_finished', words.outcome.not_finished, undefined],
] as const)('a sign-in that is %s has words, and can be tried again', async (status, title, detail) => {
  const { live, sent } = await open(slackDetail, { at: '&step=signin' });
  await press('Sign in at Slack');
  await dialog().findByText(words.signin.waiting('Slack'));
  await live({ attempt: { ...openAttempt, status, detail, guidance: { ...attention, cause: 'The window was closed.', steps: ['Connect again.'] } } });
  const alert = within(await dialog().findByRole('alert'));
  alert.getByText(title);
  alert.getByText('The window was closed.');
  alert.getByText('Connect again.');
  if (detail) alert.getByText(detail);
  await press(words.outcome.tryAgain);
  await waitFor(() => expect(sent()).toHaveLength(2));
  expect(window.open).toHaveBeenCalledTimes(2);
});

test('another account asks which one counts', async () => {
  const other: Attempt = { ...openAttempt, status: 'other_account', account: 'bo@example.org', previousAccount: 'ana@example.org' };
  const { live, sent } = await open(gmailDetail, {
    at: '&step=signin',
    more: { 'POST /api/v1/integrations/gmail/attempts/cat_1': (body) => ({ body: { ...other, status: (body as { action: string }).action === 'replace' ? 'succeeded' : 'denied' } }) },
  });
  await press('Sign in at Gmail');
  await dialog().findByText(words.signin.waiting('Gmail'));
  await live({ attempt: other });
  await dialog().findByText('bo@example.org signed in. Until now the connection was that of ana@example.org.');
  expect(sent().map(({ call }) => call)).toEqual(['POST /api/v1/integrations/gmail/connect']);
});

test.each([
  ['Use bo@example.org from now on', 'replace'],
  ['Keep ana@example.org', 'discard'],
] as const)('"%s" is told to the server', async (name, action) => {
  const other: Attempt = { ...openAttempt, status: 'other_account', account: 'bo@example.org', previousAccount: 'ana@example.org' };
  let status: Attempt['status'] = 'other_account';
  const { router, sent } = await open(gmailDetail, {
    at: '&step=signin&attempt=cat_1',
    more: {
      'GET /api/v1/integrations/gmail/attempts/cat_1': () => ({ body: { ...other, status } }),
      'POST /api/v1/integrations/gmail/attempts/cat_1': (body) => {
        status = (body as { action: string }).action === 'replace' ? 'succeeded' : 'denied';
        return { body: { ...other, status } };
      },
    },
  });
  await press(name);
  await waitFor(() => expect(sent()).toEqual([{ call: 'POST /api/v1/integrations/gmail/attempts/cat_1', body: { action } }]));
  if (action === 'replace') await dialog().findByText(/: Choices$/);
  else await waitFor(() => expect(router.state.location.search).toBe(''));
});

test('settings are chosen before the sign-in, kept, and sent with it', async () => {
  const scopes = [...gmailDetail.scopes, { name: 'gmail.readonly', why: 'To read the text of messages.', required: true }];
  const { sent, router } = await open(
    { ...gmailDetail, status: 'Available', enabled: false },
    { at: '&step=permissions', more: { 'POST /api/v1/integrations/gmail/scopes': (body) => ({ body: { scopes: (body as { settings: { bodies: boolean } }).settings.bodies ? scopes : gmailDetail.scopes } }) } },
  );
  await press(words.next);
  dialog().getByText('Only messages with these labels: to be chosen after you have signed in.');
  fireEvent.click(dialog().getByRole('switch', { name: /Read the text of messages/ }));
  await dialog().findByText('gmail.readonly'); // what it needs is said at once
  dialog().getByText('For these settings Gmail will ask you for:');
  expect(dialog().queryByText('gmail.metadata')).toBeNull(); // the step before said so
  await press('30 days');
  await router.navigate(-1);
  await dialog().findByText(/: Permissions$/);
  await dialog().findByText('gmail.readonly');
  dialog().getByText('gmail.metadata');
  await press(words.next);
  await press(words.next);
  await press('Sign in at Gmail');
  await waitFor(() => expect(sent()).toEqual([{ call: 'POST /api/v1/integrations/gmail/connect', body: { settings: { bodies: true, days: 30, labels: [] } } }]));
});

test('a connection that is made again has its settings: none are asked for, and none are sent', async () => {
  sessionStorage.setItem('patchboard.draft.usr_1.integration.gmail.connect', JSON.stringify({ days: 7 }));
  const { sent } = await open(gmailDetail, { at: '&step=permissions' });
  screen.getByRole('dialog', { name: 'Reconnect Gmail' });
  dialog().getByText('Step 2 of 5: Permissions');
  await press(words.next);
  await press('Sign in at Gmail');
  await waitFor(() => expect(sent()).toEqual([{ call: 'POST /api/v1/integrations/gmail/connect', body: {} }]));
});

test('a number out of its range is not gone on with', async () => {
  await open({ ...gmailDetail, status: 'Available', enabled: false }, { at: '&step=settings' });
  fireEvent.change(dialog().getByRole('textbox', { name: /Read the past/ }), { target: { value: '366 days' } });
  await press(words.next);
  dialog().getByText(t.integrationPage.settings.wrong);
  dialog().getByText(/: Settings$/);
});

test('where people sign in is chosen, and what goes with it', async () => {
  const fields: Detail['fields'] = [
    { name: 'host', label: 'Sign in at', help: '', kind: 'choice', hasChoices: false, options: [{ value: 'production', label: 'Production' }, { value: 'domain', label: 'My Domain' }] },
    { name: 'domain', label: 'Address', help: 'Of your organization.', kind: 'text', max: 255, example: 'acme.my.salesforce.com', hasChoices: false, when: { field: 'host', value: 'domain' } },
  ];
  const { sent } = await open({ ...gmailDetail, status: 'Available', enabled: false, fields, settings: { host: 'production', domain: '' } }, { at: '&step=settings', more: { 'POST /api/v1/integrations/gmail/scopes': { body: { scopes: gmailDetail.scopes } } } });
  expect(dialog().queryByRole('textbox', { name: 'Address' })).toBeNull();
  fireEvent.click(dialog().getByRole('radio', { name: 'My Domain' }));
  await press(words.next);
  await dialog().findByText(t.integrationPage.settings.empty);
  fireEvent.change(dialog().getByRole('textbox', { name: 'Address' }), { target: { value: 'acme.my.salesforce.com' } });
  await press(words.next);
  await press('Sign in at Gmail');
  await waitFor(() => expect(sent()).toEqual([{ call: 'POST /api/v1/integrations/gmail/connect', body: { settings: { host: 'domain', domain: 'acme.my.salesforce.com' } } }]));
});

const unset: Detail = { ...slackDetail, configured: false, app: { ...slackDetail.app, configured: false, source: '', clientId: undefined } };

test('a system administrator enters the application in between', async () => {
  const saved = { ...slackDetail, version: 2 };
  const { sent } = await open(unset, { at: '&step=setup', more: { 'PUT /api/v1/integrations/slack/app': { body: saved }, 'GET /api/v1/integrations/slack': { body: unset } } });
  dialog().getByText('Slack has no application yet');
  expect(dialog().getByRole('textbox', { name: t.integrationPage.app.callback })).toHaveProperty('value', 'http://localhost:8480/oauth/callback');
  expect(dialog().getByRole('link', { name: /Open the applications at Slack/ }).getAttribute('href')).toBe('https://console.example.com');
  fireEvent.change(dialog().getByRole('textbox', { name: t.integrationPage.app.clientId }), { target: { value: ' 123.456 ' } });
  await press(t.integrationPage.app.save);
  dialog().getByText(t.integrationPage.app.secretMissing);
  fireEvent.change(dialog().getByLabelText(t.integrationPage.app.clientSecret), { target: { value: 'shh' } });
  await press(t.integrationPage.app.save);
  await dialog().findByText(/: Sign in$/);
  expect(sent()).toEqual([{ call: 'PUT /api/v1/integrations/slack/app', body: { clientId: '123.456', clientSecret: 'shh' } }]);
  expect(JSON.stringify({ ...sessionStorage })).not.toContain('shh');
});

test('a utility administrator reads who can, and asks them', async () => {
  const { sent } = await open({ ...unset, app: { ...unset.app, mayEdit: false } }, { at: '&step=setup', role: 'utility_admin', more: { 'POST /api/v1/integrations/slack/request': { status: 202 } } });
  dialog().getByText(words.setup.others);
  expect(dialog().queryByLabelText(t.integrationPage.app.clientSecret)).toBeNull();
  await press(words.setup.ask);
  await dialog().findByText(words.setup.asked);
  expect(sent()).toEqual([{ call: 'POST /api/v1/integrations/slack/request', body: null }]);
});

test('the guide begins with what connecting does, and is left without harm', async () => {
  const { router } = await open({ ...slackDetail, ...hubspot, does: ['Contacts become records.'] });
  dialog().getByText(words.about.title('HubSpot'));
  dialog().getByText('Contacts become records.');
  expect(dialog().getByRole('button', { name: words.next })).toBeTruthy();
  fireEvent.keyDown(document.activeElement ?? document.body, { key: 'Escape' });
  await waitFor(() => expect(router.state.location.search).toBe(''));
});

test('the first sync is watched', async () => {
  const running = { ...run, kind: 'first' as const, state: 'running' as const, read: 200, created: 180 };
  const { live } = await open({ ...gmailDetail, sync: { ...gmailDetail.sync, everySeconds: 300, records: [], running, lastRun: undefined } }, { at: '&step=done' });
  dialog().getByText(words.done.first);
  dialog().getByText('200');
  await live({ detail: { ...gmailDetail, sync: { everySeconds: 300, records: [], lastRun: { ...run, kind: 'first', read: 431 } } } });
  await dialog().findByText(words.done.finished);
  dialog().getByText('431');
});

test('one that is open already is gone on with', async () => {
  const going: Detail = { ...slackDetail, status: 'Connecting', attempt: openAttempt };
  await open(going, { at: '&step=signin' });
  await dialog().findByText(words.signin.waiting('Slack'));
});

test('somebody else who is signing in is named', async () => {
  await open({ ...slackDetail, status: 'Connecting', attempt: { ...openAttempt, startedBy: 'grace@example.com' } }, { at: '&step=signin' });
  dialog().getByText(words.signin.elsewhere('grace@example.com'));
  dialog().getByRole('button', { name: 'Sign in at Slack' });
});
