import type { Card, List, Status } from './types';

// Toggle is the wish to have an integration on or paused.
export interface Toggle {
  slug: string;
  enabled: boolean;
  by: string; // e-mail address of who wishes it
}

// overlay shows an integration as it will be once the wishes that are on their
// way have come true; the newest wish for it counts. Nothing is stored: when a
// wish is refused it is no longer on its way, and the integration is as it was.
export function overlay<T extends Card>(card: T, wishes: readonly Toggle[]): T {
  const wish = wishes.findLast((w) => w.slug === card.slug);
  if (!wish || wish.enabled === card.enabled) return card;
  if (!wish.enabled) return { ...card, enabled: false, status: 'Paused', statusBy: wish.by, statusSince: undefined, statusReason: undefined, attention: undefined };
  return { ...card, enabled: true, status: resumed(card), statusBy: undefined, statusSince: undefined, statusReason: undefined };
}

// resumed is the status word that the last known health asks for.
function resumed({ health }: Card): Status {
  if (health?.status === 'reauthorize') return 'Reconnect needed';
  return health?.status === 'error' ? 'Error' : 'Connected';
}

export function overlayAll(list: List, wishes: readonly Toggle[]): List {
  const each = (cards: Card[]) => cards.map((card) => overlay(card, wishes));
  return { ...list, connected: { ...list.connected, integrations: each(list.connected.integrations) } };
}

// put has a list tell of an integration what an answer brought. Whether it is
// connected decides the counters, so the list itself is fetched again after.
export function put(list: List, card: Card): List {
  const each = (cards: Card[]) => cards.map((old) => (old.slug === card.slug ? { ...old, ...cardOf(card) } : old));
  return {
    ...list,
    connected: { ...list.connected, integrations: each(list.connected.integrations) },
    available: { ...list.available, integrations: each(list.available.integrations) },
  };
}

function cardOf(card: Card): Card {
  const { slug, name, category, description, icon, status, statusSince, statusBy, statusReason, enabled, configured, syncs, notifies, imports } = card;
  const { health, lastSync, syncing, account, attention, accessEnds, accessEndsAssumed } = card;
  return {
    ...{ slug, name, category, description, icon, status, statusSince, statusBy, statusReason, enabled, configured, syncs, notifies, imports },
    ...{ health, lastSync, syncing, account, attention, accessEnds, accessEndsAssumed },
  };
}
