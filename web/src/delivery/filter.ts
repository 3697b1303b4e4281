import { anyTime, readRange, set, span, writeRange, type Range } from './range';
import type { Kind } from './useFilters';

export const states = ['pending', 'held', 'delivered', 'failed', 'discarded'] as const;
export type DeliveryState = (typeof states)[number];

// DeliveryFilters is what the list is narrowed to; '' does not restrict.
export interface DeliveryFilters {
  webhook: string;
  state: DeliveryState | '';
  type: string;
  event: string;
  text: string;
  range: Range;
}

export const noFilters: DeliveryFilters = { webhook: '', state: '', type: '', event: '', text: '', range: anyTime };

// The API refuses longer ones.
export const longestText = 200;

export const deliveryFilters: Kind<DeliveryFilters> = {
  read: (params) => {
    const word = (name: string, most: number) => (params.get(name) ?? '').slice(0, most);
    return {
      webhook: word('webhook', 64),
      state: states.find((s) => s === params.get('state')) ?? '',
      type: word('type', 200),
      event: word('event', 64),
      text: word('text', longestText),
      range: readRange(params),
    };
  },
  write: (params, filters) => {
    const out = new URLSearchParams(params);
    for (const name of ['webhook', 'state', 'type', 'event', 'text'] as const) set(out, name, filters[name]);
    writeRange(out, filters.range);
    return out;
  },
};

// queryOf is the API's form of the filters at this moment.
export function queryOf(filters: DeliveryFilters, now: Date) {
  return {
    ...(filters.webhook && { webhookId: filters.webhook }),
    ...(filters.state && { state: filters.state }),
    ...(filters.type && { type: filters.type }),
    ...(filters.event && { eventId: filters.event }),
    ...(filters.text && { text: filters.text }),
    ...span(filters.range, now),
  };
}
