import { useQuery } from '@tanstack/react-query';
import { api, data, type Schemas } from '../api';
import { systemKeys } from './keys';

export type System = Schemas['SystemView'];

const every = 5_000; // ms; leases are renewed every three seconds

export function useSystem(enabled: boolean) {
  return useQuery({
    queryKey: systemKeys.all,
    queryFn: ({ signal }) => data(api.GET('/api/v1/system', { signal })),
    refetchInterval: every,
    enabled,
  });
}
