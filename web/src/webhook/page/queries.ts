import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, data } from '../../api';
import { deliveryKeys } from '../../delivery/keys';
import { webhookKeys } from '../keys';

const newest = 10;

// useNewestDeliveries are the last ones of a webhook, for a look.
export function useNewestDeliveries(id: string) {
  return useQuery({
    queryKey: deliveryKeys.newest(id),
    queryFn: ({ signal }) =>
      data(api.GET('/api/v1/webhooks/{id}/deliveries', { params: { path: { id }, query: { limit: newest } }, signal })),
  });
}

// useStatistics is how the tries of the last 24 hours ended. It changes with
// every delivery, so it is asked for at intervals instead.
export function useStatistics(id: string) {
  return useQuery({
    queryKey: webhookKeys.statistics(id),
    queryFn: ({ signal }) => data(api.GET('/api/v1/webhooks/{id}/statistics', { params: { path: { id } }, signal })),
    refetchInterval: 15_000,
  });
}

// useSecret reads a signing secret when it is asked to. The answer is kept by
// the one who asked, not in the cache.
export function useSecret() {
  return useMutation({
    networkMode: 'always',
    gcTime: 0,
    mutationFn: (id: string) => data(api.GET('/api/v1/webhooks/{id}/secret', { params: { path: { id } } })),
  });
}

// useRotate makes a new signing secret; the old one signs too for some hours.
export function useRotate() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    gcTime: 0,
    mutationFn: ({ id, overlapHours }: { id: string; overlapHours: number }) =>
      data(api.POST('/api/v1/webhooks/{id}/secret/rotate', { params: { path: { id } }, body: { overlapHours } })),
    onSettled: () => client.invalidateQueries({ queryKey: webhookKeys.all }),
  });
}
