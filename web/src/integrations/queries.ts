import { useQuery } from '@tanstack/react-query';
import { api, data } from '../api';
import { deliveryKeys } from '../delivery/keys';

// useNewestDelivered gives when the newest delivered event was delivered; null
// if none was.
export function useNewestDelivered() {
  return useQuery({
    queryKey: deliveryKeys.last(),
    queryFn: async () => {
      const query = { state: 'delivered', limit: 1 };
      const page = await data(api.GET('/api/v1/deliveries', { params: { query } }));
      return page.items[0]?.updated ?? null;
    },
  });
}
