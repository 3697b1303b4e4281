import type { RecordFilters } from './filter';
import type { Kind } from './kind';

// Every key begins with the topic that invalidates it.
export const recordKeys = {
  all: ['records'] as const,
  counts: () => ['records', 'counts'] as const,
  list: (kind: Kind, filters: RecordFilters) => ['records', 'list', kind, filters] as const,
  one: (kind: Kind, id: string) => ['records', 'one', kind, id] as const,
};
