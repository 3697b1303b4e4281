import { anyTime, countSet, readRange, set, span, writeRange, type Range } from '../delivery/range';

export const results = ['ok', 'denied', 'failed'] as const;
export type Result = (typeof results)[number];

// AuditFilters is what the log is narrowed to; '' does not restrict.
export interface AuditFilters {
  action: string; // an action, or the noun of several
  actor: string; // an id or an e-mail address
  target: string; // an id
  result: Result | '';
  text: string;
  range: Range;
}

export const noFilters: AuditFilters = { action: '', actor: '', target: '', result: '', text: '', range: anyTime };

// The API refuses longer ones.
export const longestText = 200;

const words = ['action', 'actor', 'target', 'text'] as const;

export function readFilters(params: URLSearchParams): AuditFilters {
  const word = (name: string) => (params.get(name) ?? '').trim().slice(0, longestText);
  return {
    action: /^[a-z0-9_.]*$/.test(word('action')) ? word('action') : '',
    actor: word('actor'),
    target: word('target'),
    result: results.find((r) => r === params.get('result')) ?? '',
    text: word('text'),
    range: readRange(params),
  };
}

// writeFilters gives the address with these filters; what else it holds stays.
export function writeFilters(params: URLSearchParams, filters: AuditFilters): URLSearchParams {
  const out = new URLSearchParams(params);
  for (const name of words) set(out, name, filters[name].trim());
  set(out, 'result', filters.result);
  writeRange(out, filters.range);
  return out;
}

// setCount is how many filters are set beside the search.
export const setCount = (filters: AuditFilters): number => countSet(writeFilters(new URLSearchParams(), filters));

export function isFiltered(filters: AuditFilters): boolean {
  return writeFilters(new URLSearchParams(), filters).size > 0;
}

// queryOf is the API's form of the filters at this moment.
export function queryOf(filters: AuditFilters, now: Date) {
  return {
    ...(filters.action && { action: filters.action }),
    ...(filters.actor && { actor: filters.actor }),
    ...(filters.target && { target: filters.target }),
    ...(filters.result && { result: filters.result }),
    ...(filters.text && { text: filters.text }),
    ...span(filters.range, now),
  };
}

export type Format = 'csv' | 'jsonl';

// exportOf is the address of the file with what the filters choose.
export function exportOf(filters: AuditFilters, format: Format, now: Date): string {
  const query = new URLSearchParams({ format, ...queryOf(filters, now) });
  return `/api/v1/audit/export?${query.toString()}`;
}
