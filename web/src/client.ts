import { QueryClient } from '@tanstack/react-query';
import { isAway } from './api';

const tries = 3;

// newQueryClient keeps what is shown until the stream of changes says that it is
// old. A server that is away is asked again; a refusal is an answer.
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        networkMode: 'always', // the server may be on this very machine
        retry: (count, error) => count < tries && isAway(error),
        retryDelay: (count) => Math.min(500 * 2 ** count, 4_000),
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
}
