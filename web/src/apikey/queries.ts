import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, data } from '../api';
import type { CopyMethod } from '../ui';
import { apiKeyKeys } from './keys';
import { regenerate, type Outcome } from './regeneration';
import { sinceOf, stepOf, type Range } from './usage';

const readKey = () => data(api.GET('/api/v1/api-key'));

export function useApiKey() {
  return useQuery({ queryKey: apiKeyKeys.one(), queryFn: readKey });
}

export async function readMasked(): Promise<string> {
  return (await readKey()).maskedDisplay;
}

// copyKey gives the key itself; the server records who took it, and how.
export async function copyKey(copyMethod: CopyMethod): Promise<string> {
  return (await data(api.POST('/api/v1/api-key/copy', { body: { copyMethod } }))).apiKey;
}

// recordCopy has a copy recorded of a key that stands on the screen in full. It
// is in nobody's way: the copy is made.
export function recordCopy(copyMethod: CopyMethod) {
  void copyKey(copyMethod).catch(() => undefined);
}

// A time range ends now, so it moves on even when nothing happens.
const windowMoves = 5 * 60_000;

// useKeySeries gives the calls of a time range, and the moment that it ends.
export function useKeySeries(range: Range) {
  return useQuery({
    queryKey: apiKeyKeys.usage('time', range),
    queryFn: async () => {
      const now = Date.now();
      return { range, now, items: await readUsage(stepOf(range), range, now) };
    },
    placeholderData: keepPreviousData,
    refetchInterval: windowMoves,
  });
}

export function useKeySums(by: 'route' | 'status', range: Range) {
  return useQuery({
    queryKey: apiKeyKeys.usage(by, range),
    queryFn: () => readUsage(by, range, Date.now()),
    placeholderData: keepPreviousData,
    refetchInterval: windowMoves,
  });
}

async function readUsage(by: 'hour' | 'day' | 'route' | 'status', range: Range, now: number) {
  const query = { by, since: sinceOf(range, now).toISOString() };
  return (await data(api.GET('/api/v1/api-key/usage', { params: { query } }))).items;
}

export interface Regeneration {
  password: string;
  reason: string; // empty: none
  confirmationTime: number; // milliseconds
}

// useRegenerate replaces the key, and has everything that shows it ask again,
// whatever came of it.
export function useRegenerate() {
  const client = useQueryClient();
  return async ({ password, reason, confirmationTime }: Regeneration): Promise<Outcome> => {
    const outcome = await regenerate({
      masked: readMasked,
      confirm: async () => {
        const body = { purpose: 'api_key.regenerate', password };
        return (await data(api.POST('/api/v1/session/confirm', { body }))).token;
      },
      replace: (token) => {
        const body = { token, confirmationTime, ...(reason && { reason }) };
        return data(api.POST('/api/v1/api-key/regenerate', { body }));
      },
    });
    void client.invalidateQueries({ queryKey: apiKeyKeys.all });
    return outcome;
  };
}
