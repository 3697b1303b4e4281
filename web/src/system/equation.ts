import type { Schemas } from '../api';

export type Counts = Schemas['DeliveryCounts'];

export const terms = ['delivered', 'pending', 'held', 'failed', 'discarded'] as const;
export type Term = (typeof terms)[number];

export interface Equation {
  created: number;
  sum: number; // of the terms
  missing: number; // created but in no state; negative: in a state but never created
  holds: boolean;
}

// equationOf adds up: what was created is delivered, pending, held, failed or
// discarded, and nothing is lost.
export function equationOf(counts: Counts): Equation {
  const sum = terms.reduce((n, term) => n + counts[term], 0);
  const missing = counts.created - sum;
  return { created: counts.created, sum, missing, holds: missing === 0 };
}
