import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { sessionKeys } from './keys';
import { doubtSession, endSession, useSessionQuery, useSignIn, type SessionView } from './queries';

afterEach(() => vi.unstubAllGlobals());

const webhooks = ['webhooks', 'list'];
let client: QueryClient;
let person: string;

// open is a tab in which the person's webhooks were looked at.
async function open() {
  person = 'usr_ada';
  vi.stubGlobal('fetch', (request: Request) =>
    Promise.resolve(Response.json({ user: { id: person } } as SessionView, { status: request.method === 'POST' ? 201 : 200 })),
  );
  client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
  const view = renderHook(() => ({ session: useSessionQuery(), signIn: useSignIn() }), { wrapper });
  await waitFor(() => expect(view.result.current.session.data?.user.id).toBe('usr_ada'));
  client.setQueryData(webhooks, 'of Ada');
  return view.result;
}

test('who signs in in another tab finds nothing of the one before', async () => {
  await open();
  endSession(client);
  expect(client.getQueryData(webhooks)).toBe('of Ada'); // the page stays until it is known who comes
  person = 'usr_bob';
  await client.refetchQueries({ queryKey: sessionKeys.current() });
  expect(client.getQueryData<SessionView>(sessionKeys.current())?.user.id).toBe('usr_bob');
  expect(client.getQueryData(webhooks)).toBeUndefined();
});

test.each([
  ['usr_ada', 'of Ada'],
  ['usr_bob', undefined],
])('after a session has ended and %s signs in, the webhooks are %s', async (who, want) => {
  const tab = await open();
  endSession(client);
  person = who;
  await tab.current.signIn('somebody@example.com', 'secret');
  expect(client.getQueryData(webhooks)).toBe(want);
});

// A request that was on its way while another tab signed in is refused, and the browser
// has a session all the same.
test('who has signed in anew in another tab is not asked for the password', async () => {
  const tab = await open();
  expect(await Promise.all([doubtSession(client), doubtSession(client)])).toEqual([true, true]);
  expect(tab.current.session.data?.user.id).toBe('usr_ada');
  expect(client.getQueryState(webhooks)?.isInvalidated).toBe(true);
});

test.each([
  ['the server refuses it', () => Promise.resolve(Response.json({ status: 401, type: 'about:blank', title: 'Nobody' }, { status: 401 }))],
  ['the server is away', () => Promise.reject(new TypeError('away'))],
])('a session has ended when %s', async (_, answer) => {
  const tab = await open();
  vi.stubGlobal('fetch', answer);
  expect(await doubtSession(client)).toBe(false);
  await waitFor(() => expect(tab.current.session.data).toBeNull());
});

test('a server that refuses what it has let in is not asked for ever', async () => {
  const tab = await open();
  let there = true;
  for (let n = 0; n < 20 && there; n++) there = await doubtSession(client);
  expect(there).toBe(false);
  await waitFor(() => expect(tab.current.session.data).toBeNull());
});
