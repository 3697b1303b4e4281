import type { AuditFilters } from './filter';

// Every key begins with the topic that the server names when the log grows.
export const auditKeys = {
  all: ['audit'] as const,
  list: (filters: AuditFilters) => ['audit', 'list', filters] as const,
  newer: (filters: AuditFilters, since: string) => ['audit', 'newer', filters, since] as const,
  state: () => ['audit', 'state'] as const,
};
