import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, data, type Schemas } from '../api';
import { systemKeys } from '../system/keys';
import { useText } from '../text';
import { tellFailure } from '../ui';
import { alertKeys } from './keys';

export type Alert = Schemas['AlertView'];
export type Routes = Schemas['AlertRoutes'];
export type Route = Schemas['AlertRoute'];
export type Preferences = Schemas['AlertPreferencesBody'];
export type Preference = Schemas['AlertPreference'];
export type Trial = Schemas['AlertTrial'];
export type Channel = 'email' | 'slack' | 'webhook';
type RoutesChange = Schemas['SetAlertRoutesRequestBody'];

// unreadMost is where the server stops counting.
export const unreadMost = 100;
const pageSize = 20;

// useUnread is the number on the bell.
export function useUnread() {
  return useQuery({
    queryKey: alertKeys.newest(),
    queryFn: ({ signal }) => data(api.GET('/api/v1/alerts', { params: { query: { limit: 1 } }, signal })),
    select: (page) => page.unread,
  });
}

// useAlerts is the list, page by page.
export function useAlerts() {
  return useInfiniteQuery({
    queryKey: alertKeys.list(),
    queryFn: ({ signal, pageParam }) => data(api.GET('/api/v1/alerts', { params: { query: { limit: pageSize, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });
}

// useRead marks alerts as read: some, or everything up to a time.
export function useRead() {
  const client = useQueryClient();
  const t = useText();
  return useMutation({
    mutationFn: (which: { ids?: string[]; until?: string }) => data(api.POST('/api/v1/alerts/read', { body: which })),
    onError: (error) => tellFailure(error, t, { id: 'alerts-read' }),
    onSettled: () => client.invalidateQueries({ queryKey: alertKeys.all }),
  });
}

export function useRoutes(enabled: boolean) {
  return useQuery({ queryKey: alertKeys.routes(), queryFn: ({ signal }) => data(api.GET('/api/v1/alert-routes', { signal })), enabled });
}

// useSetRoutes changes routes. It shows at once; what is refused goes back.
export function useSetRoutes() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: RoutesChange) => data(api.PUT('/api/v1/alert-routes', { body })),
    onMutate: async ({ items }) => {
      await client.cancelQueries({ queryKey: alertKeys.routes() });
      const before = client.getQueryData<Routes>(alertKeys.routes());
      client.setQueryData<Routes>(alertKeys.routes(), (old) => old && { ...old, items: merged(old.items, items ?? []) });
      return before;
    },
    onError: (_, __, before) => client.setQueryData(alertKeys.routes(), before),
    onSettled: () => client.invalidateQueries({ queryKey: alertKeys.all }),
  });
}

export function usePreferences() {
  return useQuery({ queryKey: alertKeys.preferences(), queryFn: ({ signal }) => data(api.GET('/api/v1/alert-preferences', { signal })) });
}

// useSetPreference chooses for oneself. It shows at once; what is refused goes back.
export function useSetPreference() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (item: Preference) => data(api.PUT('/api/v1/alert-preferences', { body: { items: [item] } })),
    onMutate: async (item) => {
      await client.cancelQueries({ queryKey: alertKeys.preferences() });
      const before = client.getQueryData<Preferences>(alertKeys.preferences());
      client.setQueryData<Preferences>(alertKeys.preferences(), (old) => old && { ...old, items: merged(old.items, [item]) });
      return before;
    },
    onError: (_, __, before) => client.setQueryData(alertKeys.preferences(), before),
    onSettled: () => client.invalidateQueries({ queryKey: alertKeys.preferences() }),
  });
}

// useTest sends a test alert and gives what came of it.
export function useTest(channel: Channel) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => data(api.POST('/api/v1/alert-routes/test', { body: { channel } })),
    onSettled: () => client.invalidateQueries({ queryKey: systemKeys.all }),
  });
}

// merged is a list with some of its kinds replaced.
export function merged<T extends { kind: string }>(all: T[], changed: T[]): T[] {
  return all.map((one) => changed.find((each) => each.kind === one.kind) ?? one);
}
