import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, data } from '../../api';
import { integrationKeys, lookKeys } from '../keys';
import { refresh } from '../queries';
import { same, type Values } from '../settings/values';
import type { Attempt, Detail } from '../types';

// isUnderWay tells a sign-in of which it is not known yet what came of it.
export const isUnderWay = ({ status }: Pick<Attempt, 'status'>): boolean => status === 'open' || status === 'exchanging';

const backstop = 5_000; // ms: while a sign-in is open, should the live stream be down

// useAttempt is one sign-in at a provider. What came of it is told live.
export function useAttempt(slug: string, id: string | null) {
  return useQuery({
    queryKey: integrationKeys.attempt(slug, id ?? ''),
    queryFn: ({ signal }) => data(api.GET('/api/v1/integrations/{slug}/attempts/{id}', { params: { path: { slug, id: id ?? '' } }, signal })),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && !isUnderWay(state.data) ? false : backstop),
  });
}

// useNeeds is what settings need, the permissions that are asked for or the token that
// is pasted; of those that are stored, until others are known.
export function useNeeds({ slug, scopes, token, settings }: Pick<Detail, 'slug' | 'scopes' | 'token' | 'settings'>, values: Values) {
  const stored = same(values, settings);
  const query = useQuery({
    queryKey: lookKeys.scopes(slug, values),
    queryFn: ({ signal }) => data(api.POST('/api/v1/integrations/{slug}/scopes', { params: { path: { slug } }, body: { settings: values }, signal })),
    enabled: !stored,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  const needs = stored || !query.data ? { scopes, token } : query.data;
  const known = stored || query.isError || (query.isSuccess && !query.isPlaceholderData); // without an answer, whoever goes on is told why
  return { ...needs, known };
}

// useStart begins a sign-in, and gives the address at which it goes on.
export function useStart() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: ({ slug, settings }: { slug: string; settings?: Record<string, unknown> }) =>
      data(api.POST('/api/v1/integrations/{slug}/connect', { params: { path: { slug } }, body: settings ? { settings } : {} })),
    onSuccess: ({ attempt }, { slug }) => client.setQueryData<Attempt>(integrationKeys.attempt(slug, attempt.id), attempt),
    onSettled: () => refresh(client),
  });
}

// usePasteToken connects with a token, which is tried before it is kept.
export function usePasteToken() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    gcTime: 0, // what was sent has the token
    mutationFn: ({ slug, token, settings }: { slug: string; token: string; settings?: Record<string, unknown> }) =>
      data(api.POST('/api/v1/integrations/{slug}/token', { params: { path: { slug } }, body: { token, ...(settings && { settings }) } })),
    onSuccess: (attempt, { slug }) => client.setQueryData<Attempt>(integrationKeys.attempt(slug, attempt.id), attempt),
    onSettled: () => refresh(client),
  });
}

// useSettleAttempt answers which account counts, after another one signed in.
export function useSettleAttempt() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: ({ slug, id, action }: { slug: string; id: string; action: 'replace' | 'discard' }) =>
      data(api.POST('/api/v1/integrations/{slug}/attempts/{id}', { params: { path: { slug, id } }, body: { action } })),
    onSuccess: (attempt, { slug, id }) => client.setQueryData<Attempt>(integrationKeys.attempt(slug, id), attempt),
    onSettled: () => refresh(client),
  });
}
