import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { api, data, type Schemas } from '../api';
import { memberOf } from '../delivery/json';
import { useLiveList, type Ask } from '../delivery/useLiveList';
import { after } from '../delivery/window';
import { eventTypeKeys, webhookKeys } from '../webhook/keys';
import { useWebhooks } from '../webhook/queries';
import { queryOf, type EventFilters } from './filter';
import { eventKeys } from './keys';
import { bodyTextOf, type TypeInput } from './typeInput';

export type Event = Schemas['EventView'];
export type EventDetail = Schemas['EventDetail'];
export type Fate = Schemas['FateView'];
export type EventType = Schemas['TypeView'];

type Page = Schemas['EventPage'];

// An event is accepted at a time and gets its place in the list a moment later.
const placeDelay = 250; // ms

function pinTime(page: Page): string {
  const first = page.items[0];
  return first ? after(first.acceptedAt, placeDelay) : '';
}

// useEvents is the live list of events.
export function useEvents(filters: EventFilters) {
  const source = useMemo(
    () => ({
      key: eventKeys.list(filters),
      newerKey: (since: string) => eventKeys.newer(filters, since),
      ask: (ask: Ask, signal: AbortSignal) =>
        data(api.GET('/api/v1/events', { params: { query: { ...queryOf(filters, new Date()), ...ask } }, signal })),
      pinTime,
    }),
    [filters],
  );
  return useLiveList<Event, Page>(source);
}

// useEvent is one event with what became of it. The payload is the text as it
// came: a number in it may be longer than JavaScript counts.
export function useEvent(id: string) {
  const client = useQueryClient();
  const { dataUpdatedAt } = useWebhooks();
  useEffect(() => {
    if (dataUpdatedAt > 0) void client.invalidateQueries({ queryKey: eventKeys.one(id) }, { cancelRefetch: false });
  }, [client, id, dataUpdatedAt]);
  return useQuery({
    queryKey: eventKeys.one(id),
    queryFn: async ({ signal }) => {
      const text = await data(api.GET('/api/v1/events/{id}', { params: { path: { id } }, parseAs: 'text', signal }));
      return { event: JSON.parse(text) as EventDetail, payload: memberOf(text, 'data') };
    },
  });
}

export interface OneType {
  type: EventType;
  schema: string; // as it was saved; '' for none
  example: string;
}

function oneType(text: string): OneType {
  return { type: JSON.parse(text) as EventType, schema: memberOf(text, 'schema') ?? '', example: memberOf(text, 'example') ?? '' };
}

export function useEventType(type: string) {
  return useQuery({
    queryKey: eventTypeKeys.one(type),
    queryFn: async ({ signal }) =>
      oneType(await data(api.GET('/api/v1/event-types/{type}', { params: { path: { type } }, parseAs: 'text', signal }))),
    enabled: type !== '',
  });
}

// useSaveType registers a type, or changes the version of one that was read.
// Schema and example are sent as they were typed.
export function useSaveType() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: async ({ input, version }: { input: TypeInput; version: number | null }) => {
      const bodySerializer = () => bodyTextOf(input, version === null);
      const { type, description, strict } = input;
      if (version === null) {
        return oneType(await data(api.POST('/api/v1/event-types', { body: { type, description, strict }, bodySerializer, parseAs: 'text' })));
      }
      const params = { path: { type }, header: { 'If-Match': `"${version}"` } };
      return oneType(
        await data(api.PATCH('/api/v1/event-types/{type}', { params, body: { description, strict }, bodySerializer, parseAs: 'text' })),
      );
    },
    onSuccess: (saved) => {
      client.setQueryData<OneType>(eventTypeKeys.one(saved.type.type), saved);
      void client.invalidateQueries({ queryKey: webhookKeys.all });
      return client.invalidateQueries({ queryKey: eventTypeKeys.list() });
    },
  });
}
