import type { DeliveryFilters } from './filter';

// Every key begins with the topic that invalidates it.
export const deliveryKeys = {
  all: ['deliveries'] as const,
  list: (filters: DeliveryFilters) => ['deliveries', 'list', filters] as const,
  newer: (filters: DeliveryFilters, since: string) => ['deliveries', 'newer', filters, since] as const,
  one: (id: string) => ['deliveries', 'one', id] as const,
};
