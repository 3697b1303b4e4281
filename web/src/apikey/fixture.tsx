import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactElement } from 'react';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { vi } from 'vitest';
import { SessionContext, type Session } from '../session/context';

export type Answer = { status?: number; body?: unknown } | 'offline';
export type Answers = Record<string, Answer | ((body: unknown, request: Request) => Answer)>;

// answer stands in for the server: "POST /api/v1/api-key/copy" to its answer.
// What was asked is kept, in order.
export function answer(answers: Answers) {
  const asked: { call: string; body: unknown }[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    const request = input as Request;
    const call = `${request.method} ${new URL(request.url).pathname}`;
    const sent = request.method === 'GET' ? '' : await request.text();
    const isJSON = request.headers.get('Content-Type')?.includes('json') ?? false;
    const body: unknown = sent === '' ? null : isJSON ? JSON.parse(sent) : sent;
    asked.push({ call, body });
    const found = answers[call];
    const reply = typeof found === 'function' ? found(body, request) : found;
    if (reply === undefined) return Response.json({ type: '/problems/none', title: 'None', status: 404, detail: call }, { status: 404 });
    if (reply === 'offline') throw new TypeError('Failed to fetch');
    return Response.json(reply.body ?? {}, { status: reply.status ?? 200 });
  });
  return asked;
}

export function problem(status: number, slug: string, detail: string, fix = ''): Answer {
  return { status, body: { type: `/problems/${slug}`, title: slug, status, detail, fix } };
}

export const maskedKey = 'sX_****6087conf...lgmil3bg';
export const keyView = {
  maskedDisplay: maskedKey,
  lastRegenerated: '2026-03-01T10:00:00Z',
  usage: { totalCalls: 15420, lastCall: '2026-03-02T10:00:00Z' },
};

function sessionOf(role: 'system_admin' | 'utility_admin'): Session {
  const both = ['integration.read', 'integration.write'];
  const permissions = role === 'system_admin' ? [...both, 'integration.app', 'key.regenerate', 'key.usage'] : both;
  return {
    user: { id: 'usr_1', email: 'ada@example.com', role, created: '2026-03-01T10:00:00Z' } as Session['user'],
    organization: { id: 'org_1', name: 'Example' },
    permissions,
    isSystemAdmin: role === 'system_admin',
    can: (permission) => permissions.includes(permission),
    signOut: () => Promise.resolve(),
    signOutEverywhere: () => Promise.resolve(),
  };
}

interface Options {
  role?: 'system_admin' | 'utility_admin';
  at?: string;
  path?: string; // of the route
}

// show renders a part of the page as the console would.
export function show(element: ReactElement, { role = 'system_admin', at = '/', path = '*' }: Options = {}) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = createMemoryRouter(path === '*' ? [{ path, element }] : [{ path, element }, { path: '*', element: null }], { initialEntries: [at] });
  render(
    <MantineProvider env="test">
      <Notifications />
      <QueryClientProvider client={client}>
        <SessionContext value={sessionOf(role)}>
          <RouterProvider router={router} />
        </SessionContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { client, router };
}
