import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, data, type Schemas } from '../api';
import { useLiveList, type Ask } from '../delivery/useLiveList';
import { after } from '../delivery/window';
import type { Entry } from './facts';
import { queryOf, type AuditFilters } from './filter';
import { auditKeys } from './keys';
import { verificationOf } from './verification';

type Page = Schemas['AuditPage'];

function pinTime(page: Page): string {
  const first = page.items[0];
  return first ? after(first.at) : '';
}

// useAuditLog is the live log, newest first.
export function useAuditLog(filters: AuditFilters) {
  const source = useMemo(
    () => ({
      key: auditKeys.list(filters),
      newerKey: (since: string) => auditKeys.newer(filters, since),
      ask: (ask: Ask, signal: AbortSignal) =>
        data(api.GET('/api/v1/audit', { params: { query: { ...queryOf(filters, new Date()), ...ask } }, signal })),
      pinTime,
    }),
    [filters],
  );
  return useLiveList<Entry, Page>(source);
}

const soon = 2_000; // ms; the head of a new entry is signed within that time
const later = 60_000;

// useVerification reads how far the log was verified. What only time changes is
// asked for now and then.
export function useVerification() {
  return useQuery({
    queryKey: auditKeys.state(),
    queryFn: async ({ signal }) => (await data(api.GET('/api/v1/system', { signal }))).audit,
    refetchInterval: ({ state }) => (state.data && verificationOf(state.data).unanchoredSince > 0 ? soon : later),
  });
}
