import { notifications } from '@mantine/notifications';
import { useMutation, useMutationState, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, data } from '../api';
import { deliveryKeys } from '../delivery/keys';
import { useSession } from '../session';
import { useText } from '../text';
import { tellFailure } from '../ui';
import { integrationKeys, lookKeys } from './keys';
import { overlay, overlayAll, put, type Toggle } from './overlay';
import type { Change, Detail, List } from './types';

// useNewestDelivered gives when the newest delivered event was delivered; null
// if none was.
export function useNewestDelivered() {
  return useQuery({
    queryKey: deliveryKeys.last(),
    queryFn: async () => {
      const query = { state: 'delivered', limit: 1 };
      const page = await data(api.GET('/api/v1/deliveries', { params: { query } }));
      return page.items[0]?.updated ?? null;
    },
  });
}

// useWishes are the toggles that are on their way, oldest first.
function useWishes(): Toggle[] {
  return useMutationState({
    filters: { mutationKey: integrationKeys.toggle(), status: 'pending' },
    select: (mutation) => mutation.state.variables as Toggle,
  });
}

// useIntegrations is the catalog: what is connected, and what can be.
export function useIntegrations(options: { enabled?: boolean } = {}) {
  const query = useQuery({
    queryKey: integrationKeys.list(),
    queryFn: ({ signal }) => data(api.GET('/api/v1/integrations', { signal })),
    ...options,
  });
  const wishes = useWishes();
  const shown = useMemo(() => query.data && overlayAll(query.data, wishes), [query.data, wishes]);
  return { ...query, data: shown };
}

// useIntegration is everything about one of them.
export function useIntegration(slug: string) {
  const query = useQuery({
    queryKey: integrationKeys.one(slug),
    queryFn: ({ signal }) => data(api.GET('/api/v1/integrations/{slug}', { params: { path: { slug } }, signal })),
    enabled: slug !== '',
  });
  const wishes = useWishes();
  const shown = useMemo(() => query.data && overlay(query.data, wishes), [query.data, wishes]);
  return { ...query, data: shown };
}

// keep puts what an answer brought where the next look finds it. A look that is
// under way may bring what was before, so it is given up.
export async function keep(client: QueryClient, detail: Detail) {
  await client.cancelQueries({ queryKey: integrationKeys.all });
  client.setQueryData<List>(integrationKeys.list(), (old) => old && put(old, detail));
  client.setQueryData<Detail>(integrationKeys.one(detail.slug), (old) => (old && old.version > detail.version ? old : detail));
}

export function refresh(client: QueryClient) {
  void client.invalidateQueries({ queryKey: integrationKeys.all });
}

// useSwitchIntegration resumes or pauses one, and shows it at once. A refusal
// takes it back and says why, and offers again what the server was away for.
export function useSwitchIntegration() {
  const client = useQueryClient();
  const t = useText();
  const { email } = useSession().user;
  const told = (wish: Toggle) => `integration-${wish.slug}`;
  const toggle = useMutation({
    mutationKey: integrationKeys.toggle(),
    networkMode: 'always',
    mutationFn: ({ slug, enabled }: Toggle) => data(api.PATCH('/api/v1/integrations/{slug}', { params: { path: { slug } }, body: { enabled } })),
    onSuccess: (detail) => keep(client, detail),
    onMutate: (wish) => void notifications.hide(told(wish)),
    onError: (error, wish) => {
      const title = wish.enabled ? t.integrations.onFailed : t.integrations.offFailed;
      tellFailure(error, t, { id: told(wish), title, onRetry: () => toggle.mutate(wish) });
    },
    onSettled: () => refresh(client),
  });
  return { ...toggle, turn: (slug: string, enabled: boolean) => toggle.mutateAsync({ slug, enabled, by: email }).catch(() => undefined) };
}

// useCheck tests a connection; what it finds becomes its health.
export function useCheck() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: (slug: string) => data(api.POST('/api/v1/integrations/{slug}/check', { params: { path: { slug } } })),
    onSettled: () => refresh(client),
  });
}

// useAskForSetup asks the system administrators to set an application up.
export function useAskForSetup() {
  return useMutation({
    networkMode: 'always',
    mutationFn: (slug: string) => data(api.POST('/api/v1/integrations/{slug}/request', { params: { path: { slug } } })),
  });
}

// useChange changes the version of an integration that somebody has seen.
export function useChange() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: ({ slug, version, change }: { slug: string; version: number; change: Change }) =>
      data(api.PATCH('/api/v1/integrations/{slug}', { params: { path: { slug }, header: { 'If-Match': `"${version}"` } }, body: change })),
    onSuccess: (detail) => keep(client, detail),
    onSettled: () => refresh(client),
  });
}

// useChoices are the labels, calendars or channels that there are at the provider.
// They are asked for there, so not with every change here.
export function useChoices(detail: Pick<Detail, 'slug' | 'accountId'>, enabled: boolean) {
  const { slug } = detail;
  return useQuery({
    queryKey: lookKeys.choices(slug, detail.accountId ?? ''),
    queryFn: ({ signal }) => data(api.GET('/api/v1/integrations/{slug}/choices', { params: { path: { slug } }, signal })),
    enabled,
  });
}

// useSaveApp stores the client id and secret of an application at the provider.
export function useSaveApp() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    gcTime: 0, // what was sent has the secret
    mutationFn: ({ slug, ...body }: { slug: string; clientId: string; clientSecret: string }) =>
      data(api.PUT('/api/v1/integrations/{slug}/app', { params: { path: { slug } }, body })),
    onSuccess: (detail) => keep(client, detail),
    onSettled: () => refresh(client),
  });
}

export function useRemoveApp() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: (slug: string) => data(api.DELETE('/api/v1/integrations/{slug}/app', { params: { path: { slug } } })),
    onSuccess: (detail) => keep(client, detail),
    onSettled: () => refresh(client),
  });
}
