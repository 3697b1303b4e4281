import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, data, type Schemas } from '../api';
import { useText } from '../text';
import { queryOf, type DeliveryFilters } from './filter';
import { deliveryKeys } from './keys';
import { useLiveList, type Ask, type LiveList } from './useLiveList';
import { after } from './window';
import type { Delivery } from './words';

export type DeliveryDetail = Schemas['DeliveryDetail'];
export type ReplayRequest = Schemas['ReplayRequestBody'];
export type ReplayAnswer = Schemas['ReplayResponseBody'];
export type DeliveryList = LiveList<Delivery>;

type Page = Schemas['PageDeliveryView'];

function pinTime(page: Page): string {
  const first = page.items[0];
  return first ? after(first.created) : '';
}

// useDeliveries is the live list of deliveries.
export function useDeliveries(filters: DeliveryFilters): DeliveryList {
  const source = useMemo(
    () => ({
      key: deliveryKeys.list(filters),
      newerKey: (since: string) => deliveryKeys.newer(filters, since),
      ask: (ask: Ask, signal: AbortSignal) =>
        data(api.GET('/api/v1/deliveries', { params: { query: { ...queryOf(filters, new Date()), ...ask } }, signal })),
      pinTime,
    }),
    [filters],
  );
  return useLiveList<Delivery, Page>(source);
}

export function useDelivery(id: string) {
  return useQuery({
    queryKey: deliveryKeys.one(id),
    queryFn: ({ signal }) => data(api.GET('/api/v1/deliveries/{id}', { params: { path: { id } }, signal })),
    enabled: id !== '',
  });
}

// useRetry tries a delivery again at once. It stays on the screen when the
// server is away, so that it can be asked again.
export function useRetry() {
  const client = useQueryClient();
  const words = useText().delivery.retry;
  return useMutation({
    networkMode: 'always',
    mutationFn: (id: string) => data(api.POST('/api/v1/deliveries/{id}/retry', { params: { path: { id } } })),
    onSuccess: (now) => {
      // Told from here: the button may be gone with its row.
      notifications.show({ color: 'green', title: words.done, message: words.doneText(now.eventType) });
      client.setQueryData<DeliveryDetail>(deliveryKeys.one(now.id), (old) => old && { ...old, ...now });
    },
    onSettled: () => client.invalidateQueries({ queryKey: deliveryKeys.all }),
  });
}

// useReplay counts what a replay would send (dryRun), or sends it.
export function useReplay() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: ({ webhookId, body }: { webhookId: string; body: ReplayRequest }) =>
      data(api.POST('/api/v1/webhooks/{id}/replay', { params: { path: { id: webhookId } }, body })),
    onSuccess: (answer) => {
      if (!answer.dryRun) void client.invalidateQueries({ queryKey: deliveryKeys.all });
    },
  });
}
