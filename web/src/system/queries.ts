import { useQuery } from '@tanstack/react-query';
import { api, data, type Schemas } from '../api';
import { systemKeys } from './keys';

export type System = Schemas['SystemView'];

// ms. Changes of deliveries, events, webhooks and the audit log are told; leases,
// disk and nodes are not.
const every = 15_000;

export function useSystem(enabled: boolean) {
  return useQuery({
    queryKey: systemKeys.all,
    queryFn: ({ signal }) => data(api.GET('/api/v1/system', { signal })),
    refetchInterval: every,
    enabled,
  });
}
