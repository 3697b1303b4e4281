import type { DeliveryFilters } from './filter';
import type { ReplayRequest } from './queries';
import { span } from './range';

export const replayStates = ['failed', 'discarded', 'never_sent'] as const;
export type ReplayState = (typeof replayStates)[number];

export interface ReplayInput {
  webhookId: string;
  since: string; // RFC 3339
  until: string; // '' until now
  states: ReplayState[];
}

const day = 86_400_000;

// defaults proposes what the reader looks at: the list's time range, else the
// last day; the list's state if it can be replayed, else what the API proposes.
export function defaults(webhookId: string, filters: DeliveryFilters, now: Date): ReplayInput {
  const { since, until = '' } = span(filters.range, now);
  const state = replayStates.find((s) => s === filters.state);
  return {
    webhookId,
    since: since ?? new Date(now.getTime() - day).toISOString(),
    until,
    states: state ? [state] : ['failed', 'never_sent'],
  };
}

// mistakesOf names the fields that are not right yet.
export function mistakesOf(input: ReplayInput): Partial<Record<keyof ReplayInput, true>> {
  return {
    ...(input.webhookId === '' && { webhookId: true }),
    ...(input.since === '' && { since: true }),
    ...(input.until !== '' && input.until <= input.since && { until: true }),
    ...(input.states.length === 0 && { states: true }),
  };
}

export function bodyOf(input: ReplayInput, dryRun: boolean): ReplayRequest {
  return { since: input.since, ...(input.until && { until: input.until }), states: input.states, dryRun };
}
