import { notifications } from '@mantine/notifications';
import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { answer, problem, show, type Answers } from '../../apikey/fixture';
import { t } from '../../text';
import { attention, calendar, gmail, hubspot, linkedin, listOf, salesforce, slack } from '../fixture';
import { useGuide } from '../guide';
import type { Card } from '../types';
import { Dashboard } from './Dashboard';

const track = vi.hoisted(() => vi.fn());
const useTracked = vi.hoisted(() => vi.fn());
vi.mock('../../track', () => ({ track, useTracked }));

vi.setConfig({ testTimeout: 30_000 });
configure({ asyncUtilTimeout: 5_000 });
const words = t.integrations;

beforeEach(() => {
  notifications.clean();
  track.mockClear();
  useTracked.mockClear();
});

function Page() {
  const guide = useGuide();
  return <Dashboard guide={guide} />;
}

// open shows the dashboard on a server that has these cards, and whatever else.
async function open(cards?: Card[], more: Answers = {}, at = '/settings/integrations') {
  let now = cards;
  const asked = answer({ 'GET /api/v1/integrations': () => ({ body: listOf(now) }), ...more });
  const page = show(<Page />, { at });
  await screen.findByRole('group', { name: words.categories.label });
  const become = (next: Card[]) => {
    now = next;
  };
  return { asked: () => asked.filter(({ call }) => !call.startsWith('GET')), ...page, become };
}

const card = (name: string) => {
  const found = screen.getAllByRole('listitem').find((item) => within(item).queryByRole('link', { name }) && item.hasAttribute('data-integration'));
  if (!found) throw new Error(`no card of ${name}`);
  return within(found);
};
const shown = () => [...document.querySelectorAll('[data-integration]')].map((item) => item.getAttribute('data-integration'));
const choose = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

test('the counters are exact, and the dashboard says that it was seen', async () => {
  await open();
  for (const text of ['Connected (2)', 'Available (4)', 'Categories (6)']) screen.getByText(text);
  expect(useTracked).toHaveBeenLastCalledWith('integration_dashboard_viewed', { connected_count: 2, available_count: 4 });
});

test('the counters follow what others do', async () => {
  const { become, client } = await open();
  become([gmail, { ...calendar, status: 'Available', enabled: false }, slack, hubspot, linkedin, salesforce]);
  await client.invalidateQueries({ queryKey: ['integrations'] });
  await screen.findByText('Connected (1)');
  screen.getByText('Available (5)');
});

test('a card has its name, category, description, status and health', async () => {
  await open();
  const mail = card('Gmail');
  for (const text of ['Email', 'Sync emails and calendar events', 'Connected', 'Healthy']) mail.getByText(text);
  expect(mail.getByText(/^checked/).textContent).toMatch(/checked .* ago/);
  expect(mail.getByText(/^Last sync/).textContent).toMatch(/Last sync .* ago/);
  expect(mail.getByRole('switch').getAttribute('aria-label')).toBe('Use Gmail');
  expect((mail.getByRole('switch') as HTMLInputElement).checked).toBe(true);
  expect(mail.getByRole('link', { name: 'Gmail' }).getAttribute('href')).toBe('/settings/integrations/gmail');
  const other = card('Slack');
  for (const text of ['Communication', 'Get notifications and updates', 'Available']) other.getByText(text);
  expect(other.queryByRole('switch')).toBeNull();
  other.getByRole('button', { name: 'Connect Slack' });
});

test.each([
  [{ status: 'Paused', enabled: false, statusBy: 'grace@example.com', statusSince: '2026-11-28T09:00:00Z', statusReason: 'maintenance' }, /Paused by grace@example\.com .* \(Maintenance\)/],
  [{ status: 'Error', attention: { ...attention, action: 'test', cause: 'Google does not answer.' }, health: { status: 'error', since: '' } }, /Error.*Google does not answer\./],
  [{ status: 'Reconnect needed', attention }, /Reconnect needed.*Google does not accept the grant any more\./],
  [{ status: 'Connecting', enabled: false, statusBy: 'grace@example.com' }, /Connecting.*Being connected by grace@example\.com/],
  [{ health: undefined, lastSync: undefined }, /Not checked yet.*Not synced yet/],
  [{ syncing: true }, /Syncing now/],
] as [Partial<Card>, RegExp][])('a card tells %j', async (part, text) => {
  await open([{ ...gmail, ...part }, calendar]);
  expect(card('Gmail').getByRole('heading').closest('li')?.textContent).toMatch(text);
});

test('the toggle acts at once, without a question, and goes back when it is refused', async () => {
  let refuse: (() => void) | undefined;
  const gate = new Promise<void>((done) => {
    refuse = done;
  });
  const { asked } = await open(undefined, { 'PATCH /api/v1/integrations/gmail': problem(503, 'away', 'Not now.') });
  const real = vi.mocked(globalThis.fetch).getMockImplementation() as typeof fetch;
  vi.mocked(globalThis.fetch).mockImplementation(async (input) => {
    if ((input as Request).method === 'PATCH') await gate;
    return real(input);
  });
  const toggle = card('Gmail').getByRole<HTMLInputElement>('switch');
  fireEvent.click(toggle);
  await waitFor(() => expect(toggle.checked).toBe(false));
  card('Gmail').getByText('Paused');
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(track).toHaveBeenCalledWith('integration_status_reviewed', { status_type: 'healthy', action_taken: 'paused' });
  refuse?.();
  await screen.findByText(words.offFailed);
  await waitFor(() => expect(toggle.checked).toBe(true));
  expect(asked()).toEqual([{ call: 'PATCH /api/v1/integrations/gmail', body: { enabled: false } }]);
});

test('a click on a card is counted with the word that it showed', async () => {
  const { router } = await open();
  fireEvent.click(card('Gmail').getByRole('link', { name: 'Gmail' }));
  expect(track).toHaveBeenCalledWith('integration_card_clicked', { integration_name: 'Gmail', integration_status: 'Connected' });
  await waitFor(() => expect(router.state.location.pathname).toBe('/settings/integrations/gmail'));
});

test('Connect opens the guide, in the address', async () => {
  const { router } = await open();
  fireEvent.click(screen.getByRole('button', { name: 'Connect Slack' }));
  await waitFor(() => expect(router.state.location.search).toBe('?connect=slack'));
  expect(track.mock.calls).toEqual([['integration_card_clicked', { integration_name: 'Slack', integration_status: 'Available' }]]);
});

test('a category narrows the cards, stands in the address and is counted', async () => {
  const { router } = await open();
  expect(screen.getByRole('group', { name: words.categories.label }).textContent).toMatch(/^All6Email2Communication1Marketing1Social1CRM1Custom0$/);
  choose('Email');
  await waitFor(() => expect(shown()).toEqual(['gmail', 'google-calendar']));
  expect(router.state.location.search).toBe('?category=Email');
  expect(screen.getByRole('button', { name: 'Email' }).getAttribute('aria-pressed')).toBe('true');
  expect(track).toHaveBeenCalledWith('category_filtered', { category_name: 'Email', results_count: 2 });
  screen.getByText('2 of 6 integrations');
  choose('All');
  await screen.findByText('6 integrations');
  expect(router.state.location.search).toBe('');
  expect(track).toHaveBeenLastCalledWith('category_filtered', { category_name: 'All', results_count: 6 });
});

test('Custom says why it is empty', async () => {
  await open(undefined, {}, '/settings/integrations?category=Custom');
  screen.getByText(words.categories.custom);
  fireEvent.click(screen.getByRole('button', { name: words.categories.showAll }));
  await waitFor(() => expect(shown()).toHaveLength(6));
});

test('words narrow the cards too, and none says so', async () => {
  const { router } = await open(undefined, {}, '/settings/integrations?q=contacts');
  expect(shown()).toEqual(['linkedin', 'salesforce']);
  fireEvent.change(screen.getByRole('textbox', { name: words.categories.search }), { target: { value: 'moon' } });
  await screen.findByText(words.categories.noMatch);
  expect(router.state.location.search).toBe('?q=moon');
});

test('a category says how it is, and does the same to all in it', async () => {
  const cards = [gmail, { ...calendar, enabled: false, status: 'Paused' as const }];
  const { asked } = await open(
    cards,
    {
      'PATCH /api/v1/integrations/gmail': problem(409, 'busy', 'It is being connected.'),
      'POST /api/v1/integrations/gmail/check': { body: { ok: true, health: gmail.health, steps: [] } },
      'POST /api/v1/integrations/google-calendar/check': { body: { ok: false, health: gmail.health, steps: [], guidance: { ...attention } } },
    },
    '/settings/integrations?category=Email',
  );
  const bar = within(screen.getByRole('region', { name: words.category.health('Email') }));
  bar.getByText('2 connected: 1 healthy, 1 paused');
  fireEvent.click(bar.getByRole('button', { name: words.category.test }));
  const outcomes = within(await bar.findByRole('status', { name: words.category.outcomes }));
  expect(outcomes.getAllByRole('listitem').map((item) => item.textContent)).toEqual(['Gmail: The connection works.', 'Google Calendar: Google does not accept the grant any more.']);
  expect(track.mock.calls).toEqual([
    ['integration_status_reviewed', { status_type: 'healthy', action_taken: 'tested' }],
    ['integration_status_reviewed', { status_type: 'Paused', action_taken: 'tested' }],
  ]);
  fireEvent.click(bar.getByRole('button', { name: words.category.pause }));
  await waitFor(() => expect(bar.getByRole('listitem').textContent).toMatch(/^Gmail: did not change: .*It is being connected\./));
  expect(asked().map(({ call, body }) => [call, body])).toEqual([
    ['POST /api/v1/integrations/gmail/check', null],
    ['POST /api/v1/integrations/google-calendar/check', null],
    ['PATCH /api/v1/integrations/gmail', { enabled: false }],
  ]);
});

test('what is broken stands first, with one button', async () => {
  const { router } = await open([{ ...gmail, status: 'Reconnect needed', attention }, calendar, slack]);
  const strip = screen.getByRole('region', { name: words.attention.title });
  expect(strip.textContent).toMatch(/Gmail: Access was revoked.*Since .* ago\. Affects reading mail, the event email\.sent\./);
  expect(strip.compareDocumentPosition(screen.getByText('Connected (2)')) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy();
  expect(within(strip).getAllByRole('button')).toHaveLength(1);
  fireEvent.click(within(strip).getByRole('button', { name: 'Reconnect: Gmail' }));
  await waitFor(() => expect(router.state.location.search).toBe('?connect=gmail&step=signin'));
  expect(track).toHaveBeenCalledWith('integration_status_reviewed', { status_type: 'healthy', action_taken: 'reconnected' });
});

test('nothing is said while nothing is broken', async () => {
  await open();
  expect(screen.queryByRole('region', { name: words.attention.title })).toBeNull();
});

test.each([
  ['setup', 'Set up: Gmail', '/settings/integrations', '?connect=gmail&step=setup'],
  ['wait', 'See steps: Gmail', '/settings/integrations/gmail', ''],
] as const)('what asks for %s leads there', async (action, name, path, search) => {
  const { router } = await open([{ ...gmail, status: 'Error', attention: { ...attention, action } }]);
  const strip = within(screen.getByRole('region', { name: words.attention.title }));
  fireEvent.click(action === 'wait' ? strip.getByRole('link', { name }) : strip.getByRole('button', { name }));
  await waitFor(() => expect(router.state.location).toMatchObject({ pathname: path, search }));
  if (action === 'wait') expect(track).toHaveBeenCalledWith('integration_status_reviewed', { status_type: 'healthy', action_taken: 'opened_guidance' });
});

test('a test from the strip shows each step, and the strip goes when it is mended', async () => {
  const broken: Card = { ...gmail, status: 'Error', health: { status: 'error', since: '' }, attention: { ...attention, action: 'test' } };
  const steps = [
    { name: 'dns', state: 'ok', detail: '', durationMs: 2 },
    { name: 'token', state: 'failed', detail: 'Token has been revoked.', durationMs: 3 },
  ];
  let ok = false;
  const { become } = await open([broken], {
    'POST /api/v1/integrations/gmail/check': () => {
      if (ok) become([gmail]);
      return { body: { ok, health: broken.health, steps, guidance: ok ? undefined : attention } };
    },
  });
  const strip = within(screen.getByRole('region', { name: words.attention.title }));
  fireEvent.click(strip.getByRole('button', { name: 'Test connection: Gmail' }));
  const outcome = await strip.findByRole('status', { name: words.check.outcomeOf('Gmail') });
  await within(outcome).findByText(words.check.failed);
  expect(within(outcome).getByRole('list', { name: words.check.title }).textContent).toBe('Name found (DNS): passed (2 ms)Access token: failedToken has been revoked.');
  ok = true;
  fireEvent.click(strip.getByRole('button', { name: 'Test connection: Gmail' }));
  await waitFor(() => expect(screen.queryByRole('region', { name: words.attention.title })).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('group', { name: words.overview })));
});

test('a server that is away is asked again', async () => {
  let away = true;
  answer({ 'GET /api/v1/integrations': () => (away ? 'offline' : { body: listOf() }) });
  show(<Page />);
  const retry = await screen.findByRole('button', { name: t.problem.retry });
  screen.getByText('Connected (–)');
  away = false;
  fireEvent.click(retry);
  await screen.findByText('Connected (2)');
});
