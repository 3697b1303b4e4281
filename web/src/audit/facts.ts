import type { Schemas } from '../api';

export type Entry = Schemas['AuditEntry'];

// Facts is what a sentence about an entry can say.
export interface Facts {
  target: string; // what a person calls it, else its id; '' for none
  targetId: string;
  reason: string; // as it was given, '' for none
  text: (name: string) => string; // a member of the detail, '' if it is not there
  number: (name: string) => number;
  isTrue: (name: string) => boolean;
}

export function factsOf(entry: Pick<Entry, 'target' | 'detail' | 'reason'>): Facts {
  const detail = members(entry.detail);
  return {
    target: entry.target.name || entry.target.id || '',
    targetId: entry.target.id ?? '',
    reason: entry.reason ?? '',
    text: (name) => (typeof detail[name] === 'string' ? detail[name] : ''),
    number: (name) => (typeof detail[name] === 'number' ? detail[name] : 0),
    isTrue: (name) => detail[name] === true,
  };
}

export function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
