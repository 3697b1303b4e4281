import type { DeliveryFilters } from './filter';

// Every key begins with the topic that invalidates it.
export const deliveryKeys = {
  all: ['deliveries'] as const,
  list: (filters: DeliveryFilters) => ['deliveries', 'list', filters] as const,
  newer: (filters: DeliveryFilters, since: string) => ['deliveries', 'newer', filters, since] as const,
  one: (id: string) => ['deliveries', 'one', id] as const,
  last: () => ['deliveries', 'last'] as const,
  // Of a webhook: its newest ones, and how many wait.
  newest: (webhookId: string) => ['deliveries', 'newest', webhookId] as const,
  waiting: (webhookId: string) => ['deliveries', 'waiting', webhookId] as const,
  // Where an event went.
  event: (eventId: string) => ['deliveries', 'event', eventId] as const,
};
