import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, data } from '../api';
import type { LiveList } from '../delivery/useLiveList';
import { queryOf, type RecordFilters } from './filter';
import { recordKeys } from './keys';
import type { AnyRecord, Kind } from './kind';

const pageSize = 50;

interface Page {
  items: AnyRecord[];
  next?: string;
  searchedTo?: string;
}

interface Query {
  source?: string;
  q?: string;
  cursor?: string;
  limit: number;
}

// paged makes records of what a page holds.
function paged<Item>({ items, next, searchedTo }: { items: Item[]; next?: string; searchedTo?: string }, one: (item: Item) => AnyRecord): Page {
  return { items: items.map(one), ...(next !== undefined && { next }), ...(searchedTo !== undefined && { searchedTo }) };
}

const lists: Record<Kind, (query: Query, signal: AbortSignal) => Promise<Page>> = {
  contacts: async (query, signal) =>
    paged(await data(api.GET('/api/v1/contacts', { params: { query }, signal })), (item) => ({ kind: 'contacts', ...item })),
  campaigns: async (query, signal) =>
    paged(await data(api.GET('/api/v1/campaigns', { params: { query }, signal })), (item) => ({ kind: 'campaigns', ...item })),
  emails: async (query, signal) =>
    paged(await data(api.GET('/api/v1/emails', { params: { query }, signal })), (item) => ({ kind: 'emails', ...item })),
  meetings: async (query, signal) =>
    paged(await data(api.GET('/api/v1/meetings', { params: { query }, signal })), (item) => ({ kind: 'meetings', ...item })),
  opportunities: async (query, signal) =>
    paged(await data(api.GET('/api/v1/opportunities', { params: { query }, signal })), (item) => ({ kind: 'opportunities', ...item })),
};

const singles: Record<Kind, (id: string, signal: AbortSignal) => Promise<AnyRecord>> = {
  contacts: async (id, signal) => ({ kind: 'contacts', ...(await data(api.GET('/api/v1/contacts/{id}', { params: { path: { id } }, signal }))) }),
  campaigns: async (id, signal) => ({ kind: 'campaigns', ...(await data(api.GET('/api/v1/campaigns/{id}', { params: { path: { id } }, signal }))) }),
  emails: async (id, signal) => ({ kind: 'emails', ...(await data(api.GET('/api/v1/emails/{id}', { params: { path: { id } }, signal }))) }),
  meetings: async (id, signal) => ({ kind: 'meetings', ...(await data(api.GET('/api/v1/meetings/{id}', { params: { path: { id } }, signal }))) }),
  opportunities: async (id, signal) => ({
    kind: 'opportunities',
    ...(await data(api.GET('/api/v1/opportunities/{id}', { params: { path: { id } }, signal }))),
  }),
};

// useRecords is a list of one kind, page by page. What is written meanwhile comes in
// by the live topic.
export function useRecords(kind: Kind, filters: RecordFilters): LiveList<AnyRecord> & { searchedTo: string | undefined } {
  const list = useInfiniteQuery({
    queryKey: recordKeys.list(kind, filters),
    queryFn: ({ signal, pageParam }) => lists[kind]({ ...queryOf(filters), limit: pageSize, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const items = list.data?.pages.flatMap((page) => page.items);
  return {
    items: once(items?.filter((item) => item.kind === kind) ?? items),
    error: list.error,
    retry: () => void list.refetch(),
    stale: list.isPlaceholderData,
    fresh: { n: 0, more: false },
    showFresh: () => undefined,
    hasOlder: list.hasNextPage,
    loadingOlder: list.isFetchingNextPage,
    older: () => void list.fetchNextPage(),
    searchedTo: list.data?.pages.at(-1)?.searchedTo,
  };
}

// once leaves out what stands on two pages, because something was written between them.
function once(items: AnyRecord[] | undefined) {
  const seen = new Set<string>();
  return items?.filter(({ id }) => !seen.has(id) && seen.add(id));
}

export function useRecord(kind: Kind, id: string) {
  return useQuery({ queryKey: recordKeys.one(kind, id), queryFn: ({ signal }) => singles[kind](id, signal) });
}

// useCounts is how many records each source has of each kind.
export function useCounts() {
  return useQuery({
    queryKey: recordKeys.counts(),
    queryFn: async ({ signal }) => (await data(api.GET('/api/v1/records', { signal }))).counts,
  });
}
