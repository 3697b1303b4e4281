import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { vi } from 'vitest';
import { SessionContext, type Session } from '../session/context';
import type { Webhook } from './overlay';

// What the tests of this folder have in common: a webhook, a person, and a
// server that is a function.

export const sample: Webhook = {
  id: 'wh_1',
  url: 'https://api.example.com/webhooks/contacts',
  description: '',
  events: ['contact.created', 'contact.updated'],
  format: 'standard',
  enabled: true,
  status: 'active',
  statusSince: '2026-11-28T10:00:00Z',
  health: { ok: true, failures: 0 },
  hasHeaders: false,
  created: '2026-11-28T10:00:00Z',
  updated: '2026-11-28T10:00:00Z',
  version: 1,
};

export interface Asked {
  method: string;
  path: string;
  body: Record<string, unknown>;
  headers: Headers;
}

// serve answers every request by a function, and keeps what was asked.
export function serve(answer: (asked: Asked) => Response | Promise<Response>): Asked[] {
  const all: Asked[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const text = await request.text();
    const asked = {
      method: request.method,
      path: new URL(request.url).pathname.replace('/api/v1', ''),
      body: text ? (JSON.parse(text) as Record<string, unknown>) : {},
      headers: request.headers,
    };
    all.push(asked);
    return answer(asked);
  });
  return all;
}

export const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

export const problem = (status: number, type: string, detail: string, more: Record<string, unknown> = {}) =>
  json({ type: `/problems/${type}`, title: type, status, detail, fix: 'Do this.', ...more }, status);

const everything = ['webhook.read', 'webhook.write', 'webhook.headers', 'delivery.send', 'delivery.discard', 'key.regenerate'];

export function session(permissions: string[] = everything): Session {
  return {
    user: { id: 'usr_1', email: 'ada@example.com', role: 'system_admin', version: 1, created: '', updated: '' },
    organization: { id: 'org_1', name: 'Demo' },
    permissions,
    isSystemAdmin: true,
    can: (permission) => permissions.includes(permission),
    signOut: () => Promise.resolve(),
    signOutEverywhere: () => Promise.resolve(),
  };
}

export function world(who = session()) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <MantineProvider env="test">
      <Notifications />
      <QueryClientProvider client={client}>
        <SessionContext value={who}>
          <MemoryRouter>{children}</MemoryRouter>
        </SessionContext>
      </QueryClientProvider>
    </MantineProvider>
  );
  return { client, wrapper };
}
