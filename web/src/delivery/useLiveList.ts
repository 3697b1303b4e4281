import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type QueryKey } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useAtTop } from './useAtTop';
import { nextParam, pin, pinOf, unpin, type Page, type PageParam, type Pages } from './window';

const pageSize = 50;
const countMost = 99; // new rows that are counted one by one
const olderTries = 10;

// LiveList follows what happens while its reader is at the top of the page, and
// else holds still and counts what is new.
export interface LiveList<Item> {
  items: Item[] | undefined; // undefined until the first answer
  error: unknown;
  retry: () => void;
  stale: boolean; // shows another filter's rows meanwhile
  fresh: { n: number; more: boolean };
  showFresh: () => void;
  hasOlder: boolean;
  loadingOlder: boolean;
  older: () => void;
}

export interface Ask extends PageParam {
  since?: string;
  limit: number;
}

interface Source<P> {
  key: QueryKey;
  newerKey: (since: string) => QueryKey;
  ask: (ask: Ask, signal: AbortSignal) => Promise<P>;
  pinTime: (page: P) => string; // a time after its first row, which is there
}

// useLiveList wants a source that changes only with its key.
export function useLiveList<Item, P extends Page<Item>>(source: Source<P>): LiveList<Item> & { last: P | undefined } {
  const { key, newerKey, ask, pinTime } = source;
  const client = useQueryClient();
  const list = useInfiniteQuery<P, Error, InfiniteData<P, PageParam>, QueryKey, PageParam>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask({ ...pageParam, limit: pageSize }, signal),
    initialPageParam: {},
    getNextPageParam: (page, _pages, param) => nextParam(page, param),
    placeholderData: keepPreviousData,
  });

  // change rewrites what the list holds. An answer that is under way belongs to
  // the list as it was; it is given up, and asked for again.
  const change = useCallback(
    async (how: (pages: Pages<P>) => Pages<P>) => {
      await client.cancelQueries({ queryKey: key, exact: true });
      client.setQueryData<Pages<P>>(key, (old) => old && how(old));
      await client.invalidateQueries({ queryKey: key, exact: true });
    },
    [client, key],
  );

  const still = useCallback(
    (pages: Pages<P>) => {
      const newest = pages.pages[0];
      return newest?.items.length ? pin(pages, pinTime(newest)) : pages;
    },
    [pinTime],
  );

  const pages = list.isPlaceholderData ? undefined : list.data;
  const since = pinOf(pages);
  const first = pages?.pages[0];
  const movable = first !== undefined && first.items.length > 0;
  const single = (pages?.pages.length ?? 0) <= 1;
  const atTop = useAtTop();
  const [going, setGoing] = useState(false); // to older rows, which hold the list still too
  useEffect(() => {
    if (!atTop && !since && movable) void change(still);
    if (atTop && since && single && !going) void change(unpin);
  }, [atTop, since, movable, single, going, change, still]);

  const newer = useQuery({
    queryKey: newerKey(since),
    queryFn: ({ signal }) => ask({ since, limit: countMost }, signal),
    enabled: since !== '',
  });

  async function older() {
    const before = list.data?.pages.length ?? 0;
    setGoing(true);
    if (!since) await change(still);
    // News that come meanwhile have all pages fetched anew, which gives this up.
    for (let tries = 0; tries < olderTries; tries++) {
      const { data, isError } = await list.fetchNextPage();
      if (isError || (data?.pages.length ?? 0) > before) break;
    }
    setGoing(false);
  }

  return {
    items: useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data]),
    last: list.data?.pages.at(-1),
    error: list.error,
    retry: () => void list.refetch(),
    stale: list.isPlaceholderData,
    fresh: { n: since ? (newer.data?.items.length ?? 0) : 0, more: Boolean(newer.data?.next) },
    showFresh: () => {
      window.scrollTo({ top: 0 });
      void change(unpin);
    },
    hasOlder: list.hasNextPage,
    loadingOlder: going || list.isFetchingNextPage,
    older: () => void older(),
  };
}
