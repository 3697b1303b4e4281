import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { serve, show, systemAdmin, utilityAdmin, type Reply } from '../system/fixture';
import type { Contact } from './kind';
import RecordPage from './RecordPage';
import RecordsPage from './RecordsPage';

const at = '2026-11-28T10:00:00Z';
const integration = (slug: string, name: string) => ({ slug, name, category: 'CRM', status: 'Connected', description: '', enabled: true });
const catalog: Reply = {
  body: {
    connected: { count: 1, integrations: [integration('hubspot', 'HubSpot')] },
    available: { count: 1, integrations: [integration('salesforce', 'Salesforce')] },
    categories: { count: 0, categories: [] },
  },
};
const bo: Contact = {
  id: 'con_1',
  source: 'hubspot',
  version: 3,
  created: at,
  updated: at,
  email: 'bo@acme.example',
  firstName: 'Bo',
  lastName: 'Berg',
  company: 'Acme',
  title: 'CEO',
  sources: [
    {
      source: 'hubspot',
      account: '62515',
      externalId: '151',
      values: { email: 'bo@acme.example', firstName: 'Bo', title: 'CTO', profileUrl: 'https://x.example/bo' },
      wins: ['email', 'firstName', 'profileUrl'],
      connected: { date: '2024-03-15' },
      created: at,
      updated: at,
    },
    { source: 'salesforce', externalId: '003A', values: { email: 'BO@acme.example', lastName: 'Berg', title: 'CEO', company: 'Acme' }, wins: ['lastName', 'title', 'company'], created: at, updated: at },
    { source: 'gone', values: { tags: ['vip'] }, wins: ['tags'], connected: { text: 'some <day>' }, created: at, updated: at },
  ],
};
const counts: Reply = {
  body: {
    counts: [
      { kind: 'contact', source: 'hubspot', count: 1200 },
      { kind: 'contact', source: 'api', count: 1 },
      { kind: 'email', source: 'gmail', count: 5 },
    ],
  },
};
const base = { 'GET /api/v1/integrations': catalog, 'GET /api/v1/records': counts };
const listed = { ...base, 'GET /api/v1/contacts': { body: { items: [bo] } } };
const list = { path: '/settings/records/:kind', at: '/settings/records/contacts' };
const single = { path: '/settings/records/:kind/:id', at: '/settings/records/contacts/con_1' };

test.each([systemAdmin, utilityAdmin])('either role sees contacts with their sources, each in a line', async (...permissions) => {
  serve(listed);
  const router = show(<RecordsPage />, permissions, list);
  const link = await screen.findByRole('link', { name: 'Open Bo Berg' });
  expect(link.getAttribute('href')).toBe('/settings/records/contacts/con_1');
  const row = within(link.closest('tr') ?? document.body);
  await row.findByText('HubSpot');
  row.getByText('Salesforce');
  row.getByText('gone'); // the catalog no longer has it
  row.getByText('bo@acme.example · CEO · Acme');
  fireEvent.click(screen.getByRole('tab', { name: 'Campaigns' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/settings/records/campaigns'));
});

test('search and source are in the address, and asked of the server', async () => {
  const asked = serve(listed);
  const router = show(<RecordsPage />, utilityAdmin, { ...list, at: '/settings/records/contacts?source=api&text=be' });
  await screen.findByRole('link', { name: 'Open Bo Berg' });
  expect(asked.some(({ call }) => call === 'GET /api/v1/contacts?source=api&q=be&limit=50')).toBe(true);
  const source = screen.getByRole('combobox', { name: 'Source' });
  expect((source as HTMLInputElement).value).toBe('API (1)');
  fireEvent.click(source);
  fireEvent.click(await screen.findByRole('option', { name: 'HubSpot (1,200)' }));
  await waitFor(() => expect(router.state.location.search).toBe('?source=hubspot&text=be'));
  fireEvent.change(screen.getByRole('textbox', { name: 'Search' }), { target: { value: 'bo' } });
  await waitFor(() => expect(router.state.location.search).toBe('?source=hubspot&text=bo'));
});

test('older ones come page by page, each once', async () => {
  let page = 0;
  const one = (n: number) => ({ ...bo, id: `con_${n}`, firstName: `No. ${n}` });
  const asked = serve({
    ...base,
    'GET /api/v1/contacts': () => ({ body: page++ ? { items: [one(1), one(2)] } : { items: [one(1)], next: 'x' } }),
  });
  show(<RecordsPage />, utilityAdmin, list);
  await screen.findByRole('link', { name: 'Open No. 1 Berg' });
  fireEvent.click(screen.getByRole('button', { name: /older/i }));
  await screen.findByRole('link', { name: 'Open No. 2 Berg' });
  expect(screen.getAllByRole('link', { name: 'Open No. 1 Berg' })).toHaveLength(1);
  expect(asked.some(({ call }) => call === 'GET /api/v1/contacts?limit=50&cursor=x')).toBe(true);
});

test('none, none that fits, and a server that fails are told apart', async () => {
  let answer: Reply = { body: { items: [] } };
  serve({ ...base, 'GET /api/v1/contacts': () => answer });
  const router = show(<RecordsPage />, utilityAdmin, list);
  await screen.findByText('No contacts yet');
  await router.navigate('/settings/records/contacts?text=x');
  await screen.findByText('No record matches');
  answer = { status: 500, body: { type: '/problems/internal', title: 'Internal', status: 500, detail: 'It broke.', fix: 'Try again.' } };
  await router.navigate('/settings/records/contacts?text=y');
  await screen.findByText(/It broke\./);
});

test('a contact shows every source’s values, and which are shown', async () => {
  serve({ ...base, 'GET /api/v1/contacts/con_1': { body: bo } });
  show(<RecordPage />, utilityAdmin, single);
  await screen.findByRole('heading', { level: 1, name: 'Bo Berg' });
  const sources = within(screen.getByRole('list', { name: 'Sources' })).getAllByRole('listitem');
  expect(sources).toHaveLength(3);
  await waitFor(() => expect(sources[0]?.textContent).toContain('HubSpot'));
  expect(sources[0]?.textContent).toMatch(/CTO.*Salesforce was later/);
  expect(within(sources[0] ?? document.body).getAllByText('shown')).toHaveLength(3);
  expect(sources[1]?.textContent).toMatch(/BO@acme\.example.*the same address/);
  expect(sources[1]?.textContent).toContain('003A');
  expect(sources[0]?.textContent).toContain('Connected on2024-03-15');
  expect(sources[1]?.textContent).not.toContain('Connected on');
  expect(sources[2]?.textContent).toContain('Connected onsome <day>'); // no date, and so as it is
  expect(screen.getAllByRole('link', { name: 'https://x.example/bo' })[0]?.getAttribute('rel')).toContain('noopener');
  expect(screen.queryByRole('button', { name: /edit|delete|save/i })).toBeNull(); // to look at
});

test('a record that is gone, and a kind that is none', async () => {
  serve(base);
  show(<RecordPage />, utilityAdmin, single);
  await screen.findByText('There is no such record');
  show(<RecordsPage />, utilityAdmin, { ...list, at: '/settings/records/deals' });
  await screen.findByText('There is nothing at this address');
});

test.each([
  ['campaigns', 'cmp_1', { name: 'Autumn', state: 'running', channel: 'email', audience: 1250, begin: at, stats: { sent: 10, opened: 0 } }, ['Running', 'E-mail', '1,250', 'Opened', '0']],
  ['emails', 'eml_1', { subject: 'News', sent: true, bulk: true, campaign: 'c1', campaignId: 'cmp_1', text: 'Dear <b>all</b>', at }, ['To many', 'Show the campaign', 'Dear <b>all</b>']],
  [
    'meetings',
    'mtg_1',
    { title: 'Plan', begin: '2026-11-28T00:00:00Z', end: '2026-11-29T00:00:00Z', allDay: true, status: 'tentative', attendees: [{ name: 'Bo', answer: 'accepted' }] },
    ['Tentative', 'Saturday, November 28, 2026', 'Bo (accepted)'],
  ],
  [
    'opportunities',
    'opp_1',
    { name: 'Big deal', amount: '12345678901234567.50', currency: 'EUR', closed: true, won: true, probability: 0, contact: '151' },
    ['Won', '€12,345,678,901,234,567.50', '0 %', '151'],
  ],
])('all that is known of one of the %s', async (kind, id, fields, words) => {
  serve({ ...base, [`GET /api/v1/${kind}/${id}`]: { body: { id, source: 'hubspot', account: '62515', externalId: 'x1', version: 1, created: at, updated: at, ...fields } } });
  show(<RecordPage />, systemAdmin, { ...single, at: `/settings/records/${kind}/${id}` });
  await screen.findByRole('heading', { level: 1, name: /Autumn|News|Plan|Big deal/ });
  for (const word of words) expect(document.body.textContent).toContain(word);
  await screen.findByText('HubSpot');
  screen.getByText('62515');
});
