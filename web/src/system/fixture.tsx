import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { configure, render } from '@testing-library/react';
import type { ReactElement } from 'react';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { vi } from 'vitest';
import { SessionContext, type Session } from '../session/context';

// Whole pages take their time on a busy machine.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 30_000 });

export interface Asked {
  call: string; // "GET /api/v1/audit?limit=50"
  body: string;
}

export type Reply = { status?: number; body: unknown } | 'offline';

// serve stands in for the server, by method and path. What was asked is kept.
export function serve(replies: Record<string, Reply | (() => Reply)>): Asked[] {
  const asked: Asked[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    const request = input as Request;
    const url = new URL(request.url);
    asked.push({ call: `${request.method} ${url.pathname}${url.search}`, body: await request.text() });
    const found = replies[`${request.method} ${url.pathname}`];
    const reply = typeof found === 'function' ? found() : found;
    if (reply === 'offline') throw new TypeError('Failed to fetch');
    if (!reply) return Response.json({ type: '/problems/none', title: 'None', status: 404, detail: url.pathname }, { status: 404 });
    return Response.json(reply.body, { status: reply.status ?? 200 });
  });
  return asked;
}

export const systemAdmin = ['audit.read_own', 'audit.read', 'audit.export', 'system.read', 'delivery.bodies'];
export const utilityAdmin = ['audit.read_own'];

// show renders a page as the console would, for somebody with these permissions.
export function show(page: ReactElement, permissions: string[], { at = '/', path = '*' } = {}) {
  const isSystemAdmin = permissions.includes('system.read');
  const role = isSystemAdmin ? 'system_admin' : 'utility_admin';
  const session: Session = {
    user: { id: 'usr_1', email: 'ada@example.com', role, version: 1, created: '2026-03-01T10:00:00Z', updated: '2026-03-01T10:00:00Z' },
    organization: { id: 'org_1', name: 'Example' },
    permissions,
    isSystemAdmin,
    can: (permission) => permissions.includes(permission),
    signOut: () => Promise.resolve(),
    signOutEverywhere: () => Promise.resolve(),
  };
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = createMemoryRouter([{ path, element: page }], { initialEntries: [at] });
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <SessionContext value={session}>
          <RouterProvider router={router} />
        </SessionContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return router;
}
