import { set } from '../delivery/range';
import type { Kind } from '../delivery/useFilters';

// RecordFilters is what a list of records is narrowed to; '' does not restrict.
export interface RecordFilters {
  source: string; // api, or an integration's slug
  text: string;
}

export const noFilters: RecordFilters = { source: '', text: '' };

// The API refuses longer ones.
export const longestText = 200;

export const recordFilters: Kind<RecordFilters> = {
  read: (params) => ({
    source: (params.get('source') ?? '').slice(0, 100),
    text: (params.get('text') ?? '').slice(0, longestText),
  }),
  write: (params, filters) => {
    const out = new URLSearchParams(params);
    set(out, 'source', filters.source);
    set(out, 'text', filters.text);
    return out;
  },
};

// queryOf is the API's form of the filters.
export function queryOf({ source, text }: RecordFilters) {
  return { ...(source && { source }), ...(text.trim() && { q: text.trim() }) };
}
