import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, expect, test, vi } from 'vitest';
import { refetch } from './refetch';

const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
afterEach(() => client.clear());

// watched is a query on a page, which answers are given to one by one.
function watched(queryKey: string[]) {
  const answers: ((value: string) => void)[] = [];
  const queryFn = vi.fn(() => new Promise<string>((answer) => answers.push(answer)));
  const observer = new QueryObserver(client, { queryKey, queryFn, staleTime: Infinity });
  const leave = observer.subscribe(() => undefined);
  return { queryFn, answer: (value: string) => answers.shift()?.(value), shown: () => observer.getCurrentResult().data, leave };
}

test('a change that comes before the first answer is not lost', async () => {
  for (const topic of ['webhooks', null]) {
    const list = watched(['webhooks', String(topic)]);
    const changed = refetch(client, topic);
    list.answer('from before the change');
    await vi.waitFor(() => expect(list.queryFn).toHaveBeenCalledTimes(2));
    list.answer('from after it');
    await changed;
    expect(list.shown()).toBe('from after it');
    list.leave();
  }
});

test('a query that has data is asked once, and one of another topic not at all', async () => {
  const list = watched(['webhooks']);
  const other = watched(['events']);
  list.answer('old');
  other.answer('old');
  await vi.waitFor(() => expect([list.shown(), other.shown()]).toEqual(['old', 'old']));
  const changed = refetch(client, 'webhooks');
  list.answer('new');
  await changed;
  expect([list.queryFn, other.queryFn].map((fn) => fn.mock.calls.length)).toEqual([2, 1]);
  list.leave();
  other.leave();
});
