import type { QueryClient } from '@tanstack/react-query';

// refetch has the queries of a topic fetched anew, or all of them for null, and
// settles when they are. A query whose first answer is still on its way is not
// asked again by the client, though that answer may be older than the change: it
// is asked once more when the answer has come.
export async function refetch(client: QueryClient, topic: string | null): Promise<void> {
  const filters = topic === null ? {} : { queryKey: [topic] };
  const first = client.getQueryCache().findAll({ ...filters, fetchStatus: 'fetching', predicate: (query) => query.state.data === undefined });
  await client.invalidateQueries(filters);
  await Promise.all(first.map(({ queryKey }) => client.invalidateQueries({ queryKey, exact: true })));
}
