import { set } from '../../delivery/range';
import type { Kind } from '../../delivery/useFilters';
import type { TrackedEvents } from '../../track';
import type { Card, List } from '../types';

export type Category = TrackedEvents['category_filtered']['category_name'];

// categories are the choices of the filter, in order.
export const categories = ['All', 'Email', 'Communication', 'Marketing', 'Social', 'CRM', 'Custom'] as const satisfies readonly Category[];

export interface Filters {
  category: Category;
  text: string;
}

const longestText = 100;

export const filters: Kind<Filters> = {
  read: (params) => ({
    category: categories.find((one) => one === params.get('category')) ?? 'All',
    text: (params.get('q') ?? '').slice(0, longestText),
  }),
  write: (params, { category, text }) => {
    const out = new URLSearchParams(params);
    set(out, 'category', category === 'All' ? '' : category);
    set(out, 'q', text);
    return out;
  },
};

export const cardsOf = (list: List): Card[] => [...list.connected.integrations, ...list.available.integrations];

// matching are the cards of a category that have each of the words somewhere.
export function matching(cards: readonly Card[], { category, text }: Filters): Card[] {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return cards.filter((card) => {
    const has = [card.name, card.category, card.description, card.status, card.account].join(' ').toLocaleLowerCase();
    return (category === 'All' || card.category === category) && words.every((word) => has.includes(word));
  });
}

// isConnected tells a granted connection, paused and failing ones included.
export const isConnected = ({ status }: Pick<Card, 'status'>) => status !== 'Available' && status !== 'Connecting';

export interface Standing {
  connected: number;
  healthy: number;
  broken: number;
  paused: number;
  unchecked: number;
}

// standing counts how the connected ones of some cards are.
export function standing(cards: readonly Card[]): Standing {
  const counts: Standing = { connected: 0, healthy: 0, broken: 0, paused: 0, unchecked: 0 };
  for (const card of cards.filter(isConnected)) {
    counts.connected++;
    if (!card.enabled) counts.paused++;
    else if (card.status !== 'Connected' || card.health?.status === 'degraded') counts.broken++;
    else if (!card.health) counts.unchecked++;
    else counts.healthy++;
  }
  return counts;
}
