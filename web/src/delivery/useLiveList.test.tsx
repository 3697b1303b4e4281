import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useLiveList, type Ask } from './useLiveList';
import { after, type Page } from './window';

interface Item {
  id: number;
  created: string;
}

// A server with one row a second, and the API's rules: newest first, since and
// until by time, a cursor that goes on after a row.
let rows: number[] = [];
const timeOf = (id: number) => new Date(id * 1000).toISOString();
const asked: Ask[] = [];
let gate: Promise<void> | undefined; // answers wait for it

async function ask(ask: Ask): Promise<Page<Item>> {
  asked.push(ask);
  await gate;
  const wanted = rows
    .filter((id) => !ask.since || timeOf(id) >= ask.since)
    .filter((id) => !ask.until || timeOf(id) < ask.until)
    .filter((id) => !ask.cursor || id < Number(ask.cursor))
    .sort((a, b) => b - a);
  const shown = wanted.slice(0, ask.limit);
  const next = wanted.length > shown.length ? String(shown.at(-1)) : undefined;
  return { items: shown.map((id) => ({ id, created: timeOf(id) })), next };
}

const source = {
  key: ['deliveries', 'list'],
  newerKey: (since: string) => ['deliveries', 'newer', since],
  ask,
  pinTime: (page: Page<Item>) => (page.items[0] ? after(page.items[0].created) : ''),
};

function scrollTo(y: number) {
  Object.defineProperty(window, 'scrollY', { value: y, configurable: true });
  act(() => void window.dispatchEvent(new Event('scroll')));
}

async function open() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Infinity } } });
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
  const { result } = renderHook(() => useLiveList<Item, Page<Item>>(source), { wrapper });
  await waitFor(() => expect(result.current.items).toBeDefined());
  const ids = () => result.current.items?.map((i) => i.id);
  // happen adds rows and tells of it, as the stream does.
  const happen = async (...ids: number[]) => {
    rows.push(...ids);
    await act(() => client.invalidateQueries({ queryKey: ['deliveries'] }));
  };
  return { list: result, ids, happen };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

beforeEach(() => {
  rows = range(1, 60);
  asked.length = 0;
  gate = undefined;
  vi.spyOn(window, 'scrollTo').mockImplementation(() => scrollTo(0));
  scrollTo(0);
});

describe('useLiveList', () => {
  it('takes new rows in at the top of the page', async () => {
    const { ids, happen, list } = await open();
    await happen(61, 62);
    await waitFor(() => expect(ids()?.slice(0, 3)).toEqual([62, 61, 60]));
    expect(list.current.fresh.n).toBe(0);
  });

  it('holds still while somebody reads further down, and counts what is new', async () => {
    const { ids, happen, list } = await open();
    scrollTo(500);
    const before = ids();
    await happen(61, 62, 63);
    await waitFor(() => expect(list.current.fresh).toEqual({ n: 3, more: false }));
    expect(ids()).toEqual(before);

    act(() => list.current.showFresh());
    await waitFor(() => expect(ids()?.[0]).toBe(63));
    expect(list.current.fresh.n).toBe(0);
    expect(window.scrollY).toBe(0);
  });

  it('goes live again at the top', async () => {
    const { ids, happen, list } = await open();
    scrollTo(500);
    await happen(61);
    await waitFor(() => expect(list.current.fresh.n).toBe(1));
    scrollTo(0);
    await waitFor(() => expect(ids()?.[0]).toBe(61));
    expect(list.current.fresh.n).toBe(0);
  });

  it('goes to older rows without a gap or a double, whatever is new meanwhile', async () => {
    const { ids, happen, list } = await open();
    await happen(61); // 61 … 12
    await act(async () => list.current.older());
    await waitFor(() => expect(ids()).toHaveLength(61));
    await happen(62, 63);
    await waitFor(() => expect(list.current.fresh.n).toBe(2));
    expect(ids()).toEqual(range(1, 61).reverse());
    expect(list.current.hasOlder).toBe(false);
  });

  it('goes to older rows although news come while they are asked for', async () => {
    const { ids, happen, list } = await open();
    scrollTo(500);
    await waitFor(() => expect(asked.some((a) => a.since)).toBe(true));
    let release: () => void = () => undefined;
    gate = new Promise((done) => (release = done));
    act(() => list.current.older());
    await waitFor(() => expect(asked.some((a) => a.cursor)).toBe(true));
    const news = happen(61); // has the answer on its way given up
    release();
    await news;
    await waitFor(() => expect(ids()).toEqual(range(1, 60).reverse()));
  });

  it('says that there are more than it counts', async () => {
    const { happen, list } = await open();
    scrollTo(500);
    await happen(...range(61, 200));
    await waitFor(() => expect(list.current.fresh).toEqual({ n: 99, more: true }));
  });

  it('asks for new ones only while it holds still', async () => {
    const { happen } = await open();
    await happen(61);
    expect(asked.some((a) => a.since)).toBe(false);
  });
});
