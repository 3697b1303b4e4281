import { anyTime, countSet, readRange, set, span, writeRange, type Range } from '../delivery/range';

// EventFilters is what the list of events is narrowed to; '' does not restrict.
export interface EventFilters {
  type: string;
  text: string;
  range: Range;
}

export const noFilters: EventFilters = { type: '', text: '', range: anyTime };

// The API refuses longer ones.
export const longestText = 200;

export function readFilters(params: URLSearchParams): EventFilters {
  return {
    type: (params.get('type') ?? '').slice(0, 200),
    text: (params.get('text') ?? '').slice(0, longestText),
    range: readRange(params),
  };
}

// writeFilters gives the address with these filters; what else it holds stays.
export function writeFilters(params: URLSearchParams, filters: EventFilters): URLSearchParams {
  const out = new URLSearchParams(params);
  set(out, 'type', filters.type);
  set(out, 'text', filters.text);
  writeRange(out, filters.range);
  return out;
}

// setCount is how many filters are set beside the search.
export const setCount = (filters: EventFilters): number => countSet(writeFilters(new URLSearchParams(), filters));

export function isFiltered(filters: EventFilters): boolean {
  return [...writeFilters(new URLSearchParams(), filters).keys()].length > 0;
}

// queryOf is the API's form of the filters at this moment.
export function queryOf(filters: EventFilters, now: Date) {
  return {
    ...(filters.type && { type: filters.type }),
    ...(filters.text && { text: filters.text }),
    ...span(filters.range, now),
  };
}
