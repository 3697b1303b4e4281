import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, configure, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { MemoryRouter } from 'react-router';
import { beforeEach, expect, it, vi } from 'vitest';
import { forgetDrafts } from '../../draft';
import { SessionContext, type Session } from '../../session/context';
import { t } from '../../text';
import { webhookKeys } from '../keys';
import { useWebhook, type Webhook } from '../queries';
import { SettingsCard } from './SettingsCard';

// A whole form in a busy machine's jsdom takes its time.
vi.setConfig({ testTimeout: 30_000 });
configure({ asyncUtilTimeout: 10_000 });

const words = t.webhookPage;
const id = 'wh_1';
const base: Webhook = {
  id,
  url: 'https://a.example/hook',
  description: 'first',
  events: ['contact.created'],
  format: 'standard',
  enabled: true,
  status: 'active',
  statusSince: '2026-03-01T12:00:00Z',
  health: { ok: true, failures: 0 },
  hasHeaders: false,
  created: '2026-03-01T12:00:00Z',
  updated: '2026-03-01T12:00:00Z',
  version: 1,
};

// server is one webhook as the API serves it.
let stored: Webhook;
let changed: { version: number; at: string; by: string; fields: string[] }[];
let patches: { ifMatch: string | null; body: unknown }[];

beforeEach(() => {
  forgetDrafts();
  stored = base;
  changed = [];
  patches = [];
  vi.stubGlobal('fetch', (request: Request) => answer(request));
});

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
  if (pathname === '/api/v1/webhooks') return json({ activeWebhooks: [stored], availableEvents: ['contact.created', 'contact.updated', 'email.sent'] });
  if (pathname === '/api/v1/event-types') return json({ items: [] });
  if (pathname === '/api/v1/webhooks/validate') return json({ ok: true, durationMs: 1 });
  if (pathname !== `/api/v1/webhooks/${id}`) return json({}, 500);
  if (request.method === 'GET') return json(stored);
  const ifMatch = request.headers.get('If-Match');
  const body = (await request.json()) as Partial<Webhook>;
  patches.push({ ifMatch, body });
  if (ifMatch !== `"${stored.version}"`) {
    const problem = { type: '/problems/webhook-changed', title: 'Webhook changed', status: 412, detail: 'The webhook was changed.', fix: '' };
    return json({ ...problem, version: stored.version, changed }, 412);
  }
  stored = { ...stored, ...body, version: stored.version + 1 };
  return json(stored);
}

function byOthers(change: Partial<Webhook>) {
  stored = { ...stored, ...change, version: stored.version + 1 };
  changed.push({ version: stored.version, at: '2026-03-01T12:00:01Z', by: 'grace@example.com', fields: Object.keys(change) });
}

function Page() {
  const webhook = useWebhook(id).data;
  return webhook ? <SettingsCard webhook={webhook} /> : null;
}

const user = { id: 'usr_1' } as Session['user'];

async function show(session: Partial<Session> = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(webhookKeys.one(id), base);
  const view = render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <MemoryRouter>
          <SessionContext value={{ user, can: () => true, ...session } as Session}>
            <Page />
          </SessionContext>
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByLabelText('email.sent');
  return Object.assign(client, { leave: view.unmount });
}

const url = () => screen.getByLabelText<HTMLInputElement>(words.settings.url);
const description = () => screen.getByLabelText<HTMLInputElement>(words.settings.description);
const type = (input: HTMLInputElement, value: string) => fireEvent.change(input, { target: { value } });
const save = () => fireEvent.click(screen.getByRole('button', { name: words.settings.save }));

it('saves only what differs, with the version that was read', async () => {
  await show();
  type(description(), 'second');
  save();
  await waitFor(() => expect(patches).toEqual([{ ifMatch: '"1"', body: { description: 'second' } }]));
  await waitFor(() => expect(screen.getByRole<HTMLButtonElement>('button', { name: words.settings.save }).disabled).toBe(true));
});

it('keeps what was typed when somebody else was faster, shows what changed, and saves after that', async () => {
  await show();
  type(description(), 'mine');
  fireEvent.click(screen.getByLabelText('email.sent'));
  byOthers({ description: 'theirs', url: 'https://b.example/hook' });
  save();
  const notice = await screen.findByRole('alert');
  expect(within(notice).getByText(words.stale.title)).toBeTruthy();
  expect(notice.textContent).toContain('grace@example.com');
  expect(notice.textContent).toContain('https://b.example/hook');
  expect(notice.textContent).toContain('theirs');
  expect(description().value).toBe('mine');
  expect(url().value).toBe('https://b.example/hook');
  expect(screen.getByLabelText<HTMLInputElement>('email.sent').checked).toBe(true);

  save();
  await waitFor(() => expect(patches).toHaveLength(2));
  expect(patches[1]).toEqual({ ifMatch: '"2"', body: { description: 'mine', events: ['contact.created', 'email.sent'] } });
});

it('takes the saved value where both changed the same', async () => {
  await show();
  type(description(), 'mine');
  byOthers({ description: 'theirs' });
  save();
  fireEvent.click(await screen.findByRole('button', { name: words.stale.useTheirs }));
  expect(description().value).toBe('theirs');
  expect(screen.queryByRole('button', { name: words.stale.useTheirs })).toBeNull();
});

it('follows what is stored while nothing is typed', async () => {
  const client = await show();
  byOthers({ description: 'theirs' });
  await client.invalidateQueries({ queryKey: webhookKeys.all });
  await waitFor(() => expect(description().value).toBe('theirs'));
});

it('needs no second try after a change elsewhere on the page', async () => {
  const client = await show();
  type(description(), 'mine');
  byOthers({ enabled: false });
  await client.invalidateQueries({ queryKey: webhookKeys.all });
  await waitFor(() => expect(client.getQueryData<Webhook>(webhookKeys.one(id))?.version).toBe(2));
  await act(async () => undefined); // what the cache holds is shown
  save();
  await waitFor(() => expect(patches).toEqual([{ ifMatch: '"2"', body: { description: 'mine' } }]));
});

it('has what was typed before, and joins it with what others have saved since', async () => {
  const { leave } = await show();
  type(description(), 'mine');
  leave();
  byOthers({ url: 'https://b.example/hook' });
  const client = await show();
  expect(description().value).toBe('mine');
  expect(screen.getByText(t.draft.restored)).toBeTruthy();
  await client.invalidateQueries({ queryKey: webhookKeys.all });
  await waitFor(() => expect(client.getQueryData<Webhook>(webhookKeys.one(id))?.version).toBe(2));
  save();
  await screen.findByText(words.stale.title);
  expect([description().value, url().value]).toEqual(['mine', 'https://b.example/hook']);
  save();
  await waitFor(() => expect(patches.at(-1)).toEqual({ ifMatch: '"2"', body: { description: 'mine' } }));
  await waitFor(() => expect(screen.queryByText(t.draft.restored)).toBeNull());
  client.leave();
  await show();
  expect(screen.queryByText(t.draft.restored)).toBeNull();
});

it('changes the format, with that of somebody else beside it', async () => {
  await show();
  const format = () => screen.getByLabelText<HTMLSelectElement>(words.settings.format);
  expect([...format().options].map((one) => one.value)).toEqual(['standard', 'slack', 'teams', 'discord']);
  fireEvent.change(format(), { target: { value: 'discord' } });
  byOthers({ format: 'slack' });
  save();
  const notice = await screen.findByRole('alert');
  expect(notice.textContent).toContain(words.settings.formats.slack);
  expect(format().value).toBe('discord');
  save();
  await waitFor(() => expect(patches.at(-1)).toEqual({ ifMatch: '"2"', body: { format: 'discord' } }));
});

it('leads to what is missing', async () => {
  await show();
  fireEvent.click(screen.getByLabelText('contact.created'));
  save();
  expect(screen.getByText(t.webhook.form.eventsMissing)).toBeTruthy();
  expect(document.activeElement).toBe(screen.getByLabelText(t.webhook.form.all));
  expect(patches).toEqual([]);
});

it('says why the URL of a webhook with custom headers cannot be changed', async () => {
  stored = { ...base, hasHeaders: true, version: 2 };
  const client = await show({ can: () => false });
  await client.invalidateQueries({ queryKey: webhookKeys.all });
  await waitFor(() => expect(url().disabled).toBe(true));
  expect(screen.getByText(t.webhook.form.urlForbidden)).toBeTruthy();
});
