import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, data } from '../../api';
import { forgetDrafts } from '../../draft';
import { integrationKeys, lookKeys } from '../keys';
import { refresh } from '../queries';
import { sinceOf, type Range } from './range';

const pageSize = 20;

// useSyncNow starts a sync; full reads everything again, with or without an event for
// each record that is found.
export function useSyncNow() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: ({ slug, full, events }: { slug: string; full?: boolean; events?: boolean }) =>
      data(api.POST('/api/v1/integrations/{slug}/sync', { params: { path: { slug } }, body: full ? { full, events } : {} })),
    onSettled: () => refresh(client),
  });
}

// useImpact is what a disconnect would stop.
export function useImpact(slug: string, enabled: boolean) {
  return useQuery({
    queryKey: lookKeys.impact(slug),
    queryFn: ({ signal }) => data(api.GET('/api/v1/integrations/{slug}/impact', { params: { path: { slug } }, signal })),
    enabled,
    staleTime: 0,
  });
}

export function useDisconnect() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: (slug: string) => data(api.DELETE('/api/v1/integrations/{slug}/connection', { params: { path: { slug } } })),
    onSuccess: (_, slug) => forgetDrafts(`integration.${slug}`),
    onSettled: () => refresh(client),
  });
}

// useSyncs are the syncs of an integration, newest first.
export function useSyncs(slug: string) {
  return useInfiniteQuery({
    queryKey: integrationKeys.syncs(slug),
    queryFn: ({ pageParam, signal }) =>
      data(api.GET('/api/v1/integrations/{slug}/syncs', { params: { path: { slug }, query: { ...(pageParam && { cursor: pageParam }), limit: pageSize } }, signal })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  });
}

// useHealthHistory are the checks of a range: as a strip, and one by one.
export function useHealthHistory(slug: string, range: Range) {
  return useInfiniteQuery({
    queryKey: integrationKeys.health(slug, range),
    queryFn: ({ pageParam, signal }) => {
      const query = { since: sinceOf(range, new Date()), limit: pageSize, ...(pageParam && { cursor: pageParam }) };
      return data(api.GET('/api/v1/integrations/{slug}/health', { params: { path: { slug }, query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}

// useMessages are the messages that were posted, or will be.
export function useMessages(slug: string) {
  return useInfiniteQuery({
    queryKey: integrationKeys.notifications(slug),
    queryFn: ({ pageParam, signal }) =>
      data(api.GET('/api/v1/integrations/{slug}/notifications', { params: { path: { slug }, query: { ...(pageParam && { cursor: pageParam }), limit: pageSize } }, signal })),
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  });
}
