import { deliveryKeys } from '../delivery/keys';
import type { EventFilters } from './filter';

// Every key begins with the topic that invalidates it. What became of one event
// changes with its deliveries.
export const eventKeys = {
  all: ['events'] as const,
  list: (filters: EventFilters) => ['events', 'list', filters] as const,
  newer: (filters: EventFilters, since: string) => ['events', 'newer', filters, since] as const,
  one: deliveryKeys.event,
};
