import { notifications } from '@mantine/notifications';
import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { answer, problem, show, type Answers } from '../../apikey/fixture';
import { forgetDrafts } from '../../draft';
import { t } from '../../text';
import { linkedin, openAttempt, slackDetail } from '../fixture';
import { useGuide } from '../guide';
import { GuideHost } from '../GuideHost';
import type { Attempt, Detail, Paste } from '../types';

vi.setConfig({ testTimeout: 60_000 });
configure({ asyncUtilTimeout: 15_000 });
const words = t.connect.token;

const paste: Paste = { label: 'Access token', help: 'With it Patchboard reads your own connections.', steps: ['Open the portal.', 'Copy the token.'], url: 'https://portal.example.com/tokens', lifeDays: 60 };
const fields: Detail['fields'] = [
  { name: 'mode', label: 'What to connect for', help: '', kind: 'choice', hasChoices: false, options: [{ value: 'sign-in', label: 'Sign in only' }, { value: 'token', label: 'With a token' }] },
  { name: 'version', label: 'Version', help: '', kind: 'text', max: 6, hasChoices: false, when: { field: 'mode', value: 'portability', or: ['token'] } },
];
const settings = { mode: 'sign-in', version: '202312' };
const own = { ...settings, mode: 'token' };
// LinkedIn without an application, and as it is once a token has connected it.
const unset: Detail = { ...slackDetail, ...linkedin, configured: false, app: { ...slackDetail.app, configured: false, source: '', clientId: undefined }, fields, settings };
const connected: Detail = { ...unset, configured: true, status: 'Connected', enabled: true, settings: own, scopes: [], token: paste, account: 'A LinkedIn member', version: 2 };
const attempt = (status: Attempt['status'], more: Partial<Attempt> = {}): Attempt => ({ ...openAttempt, status, ...more });

beforeEach(() => {
  forgetDrafts();
  notifications.clean();
  vi.stubGlobal('open', vi.fn());
});

function Page() {
  return <GuideHost guide={useGuide()} />;
}

const dialog = () => within(screen.getByRole('dialog'));
const press = async (name: string) => fireEvent.click(await screen.findByRole('button', { name }));
const field = () => dialog().getByLabelText<HTMLInputElement>('Access token');
const type = (value: string) => fireEvent.change(field(), { target: { value } });

async function open(start: Detail, at: string, outcome: Attempt, { role = 'system_admin' as 'system_admin' | 'utility_admin', more = {} as Answers } = {}) {
  let now = start;
  const asked = answer({
    'GET /api/v1/integrations/linkedin': () => ({ body: now }),
    'POST /api/v1/integrations/linkedin/scopes': (body) => ({ body: (body as { settings: typeof own }).settings.mode === 'token' ? { scopes: [], token: paste } : { scopes: unset.scopes } }),
    'GET /api/v1/integrations/linkedin/attempts/cat_1': { body: outcome },
    'POST /api/v1/integrations/linkedin/token': () => {
      if (outcome.status === 'succeeded') now = connected;
      return { body: outcome };
    },
    ...more,
  });
  const page = show(<Page />, { at: `/settings/integrations?connect=linkedin${at}`, role });
  await screen.findByText(/^Step \d/);
  const given = () => asked.filter(({ call }) => call === 'POST /api/v1/integrations/linkedin/token').map(({ body }) => body);
  return { ...page, given };
}

test.each(['system_admin', 'utility_admin'] as const)('%s: a token is pasted instead of a sign-in, and no application is asked for', async (role) => {
  const { given } = await open(unset, '&step=settings', attempt('succeeded'), { role });
  dialog().getByText('Step 3 of 6: Settings');
  fireEvent.click(dialog().getByRole('radio', { name: 'With a token' }));
  await dialog().findByText(t.connect.settings.byToken('LinkedIn'));
  dialog().getByRole('textbox', { name: 'Version' });
  await dialog().findByText('Step 3 of 5: Settings');
  await press(t.connect.next);
  await dialog().findByText('Step 4 of 5: Token');
  dialog().getByText('With it Patchboard reads your own connections.');
  dialog().getByText('Copy the token.');
  dialog().getByText(words.life('LinkedIn', 60));
  expect(dialog().getByRole('link', { name: words.open('LinkedIn') }).getAttribute('href')).toBe(paste.url);
  expect(field().type).toBe('password');
  expect(field().autocomplete).toBe('off');

  await press(words.connect);
  dialog().getByText(words.missing);
  type('AQX secret');
  dialog().getByText(words.spaces);
  expect(given()).toEqual([]);
  type(' AQXsecret\n');
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain('AQX'); // in memory alone
  fireEvent.submit(field()); // Enter
  await dialog().findByText(t.connect.outcome.succeeded('LinkedIn'), { exact: false });
  await dialog().findByText(/^Step 4 of 4|^Step \d of \d: Connected|^Step \d of \d: First sync/);
  expect(given()).toEqual([{ token: 'AQXsecret', settings: own }]);
  expect(window.open).not.toHaveBeenCalled();
});

test('Reconnect leads to the paste, with the settings that there are', async () => {
  const { given, router } = await open({ ...connected, status: 'Reconnect needed' }, '&step=signin', attempt('succeeded'));
  dialog().getByText('Step 2 of 3: Token');
  type('AQXnew');
  await press(words.connect);
  await waitFor(() => expect(router.state.location.search).toBe('?connect=linkedin&step=done'));
  expect(given()).toEqual([{ token: 'AQXnew' }]);
});

test('what the provider does not take is said, and the token is still there to be corrected', async () => {
  const guidance = { cause: 'LinkedIn does not take this token.', who: 'admin' as const, steps: ['Copy the token again.'] };
  const { given } = await open(connected, '&step=signin', attempt('failed', { code: 'token_not_taken', detail: 'Invalid access token', guidance }));
  type('AQXold');
  await press(words.connect);
  await dialog().findByText('LinkedIn does not take this token.');
  expect(dialog().getByRole('alert').textContent).toContain('Copy the token again.');
  expect(field().value).toBe('AQXold');
  type('AQXother');
  await press(words.connect);
  await waitFor(() => expect(given()).toHaveLength(2));
});

test('what the server refuses is shown', async () => {
  await open(connected, '&step=signin', openAttempt, {
    more: { 'POST /api/v1/integrations/linkedin/token': problem(422, 'integration-token-invalid', 'The token has a control character in it.', 'Copy it again.') },
  });
  type('AQX');
  await press(words.connect);
  await dialog().findByText('The token has a control character in it.');
});

test('another account is decided about', async () => {
  await open(connected, '&step=signin', attempt('other_account', { account: 'A LinkedIn member', previousAccount: 'Ana Verdi' }));
  type('AQX');
  await press(words.connect);
  await dialog().findByRole('button', { name: t.connect.outcome.discard('Ana Verdi') });
  expect(dialog().queryByLabelText('Access token')).toBeNull();
});

test('a link to the set-up of an application leads to the paste', async () => {
  await open({ ...connected, status: 'Error' }, '&step=setup', openAttempt);
  await dialog().findByText('Step 2 of 3: Token');
  expect(dialog().queryByText(t.connect.setup.title('LinkedIn'))).toBeNull();
});
