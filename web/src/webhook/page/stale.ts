import type { QueryClient } from '@tanstack/react-query';
import { api, ApiProblem, data } from '../../api';
import { webhookKeys } from '../keys';
import type { Webhook } from '../queries';

// Since is what a 412 says about the versions that the form has not seen.
export interface Since {
  by: string[]; // who changed something, first come first
  fields: string[]; // what, as the API names it
}

export function since(problem: ApiProblem): Since {
  const found: Since = { by: [], fields: [] };
  const changes = problem.body.changed;
  if (!Array.isArray(changes)) return found;
  for (const change of changes as { by?: unknown; fields?: unknown }[]) {
    if (typeof change?.by === 'string' && !found.by.includes(change.by)) found.by.push(change.by);
    for (const field of Array.isArray(change?.fields) ? (change.fields as unknown[]) : []) {
      if (typeof field === 'string' && !found.fields.includes(field)) found.fields.push(field);
    }
  }
  return found;
}

// fetchWebhook reads the webhook as it is now, whatever the cache holds.
export async function fetchWebhook(client: QueryClient, id: string): Promise<Webhook> {
  const now = await data(api.GET('/api/v1/webhooks/{id}', { params: { path: { id } } }));
  client.setQueryData(webhookKeys.one(id), now);
  return now;
}
