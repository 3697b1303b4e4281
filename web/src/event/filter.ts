import { anyTime, readRange, set, span, writeRange, type Range } from '../delivery/range';
import type { Kind } from '../delivery/useFilters';

// EventFilters is what the list of events is narrowed to; '' does not restrict.
export interface EventFilters {
  type: string;
  text: string;
  range: Range;
}

export const noFilters: EventFilters = { type: '', text: '', range: anyTime };

// The API refuses longer ones.
export const longestText = 200;

export const eventFilters: Kind<EventFilters> = {
  read: (params) => ({
    type: (params.get('type') ?? '').slice(0, 200),
    text: (params.get('text') ?? '').slice(0, longestText),
    range: readRange(params),
  }),
  write: (params, filters) => {
    const out = new URLSearchParams(params);
    set(out, 'type', filters.type);
    set(out, 'text', filters.text);
    writeRange(out, filters.range);
    return out;
  },
};

// queryOf is the API's form of the filters at this moment.
export function queryOf(filters: EventFilters, now: Date) {
  return {
    ...(filters.type && { type: filters.type }),
    ...(filters.text && { text: filters.text }),
    ...span(filters.range, now),
  };
}
