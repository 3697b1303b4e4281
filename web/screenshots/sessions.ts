import { request, type Cookie } from '@playwright/test';
import type { Facts } from '../e2e/demo.ts';
import type { Role } from '../e2e/fixtures.ts';

export type Sessions = Record<Role, Cookie[]>;

// signIn opens the sessions that all screens are seen with: one a role, so that the
// audit log tells of more than of signing in.
export async function signIn(facts: Facts): Promise<Sessions> {
  return { system: await session(facts, 'system'), utility: await session(facts, 'utility') };
}

async function session(facts: Facts, role: Role): Promise<Cookie[]> {
  const context = await request.newContext({ baseURL: facts.url });
  const answer = await context.post('/api/v1/session', { data: facts[role] });
  if (answer.status() !== 201) throw new Error(`the ${role} administrator cannot sign in: ${await answer.text()}`);
  const { cookies } = await context.storageState();
  await context.dispose();
  return cookies;
}
