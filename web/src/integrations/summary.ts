import type { Schemas } from '../api';

type Webhook = Pick<Schemas['WebhookView'], 'status' | 'health'>;
type Status = Webhook['status'];

// statuses in the order in which the line names them.
export const statuses = ['active', 'failing', 'off', 'disabled'] as const satisfies readonly Status[];

export function countStatuses(webhooks: readonly Webhook[]): Record<Status, number> {
  const counts = { active: 0, failing: 0, off: 0, disabled: 0 };
  for (const w of webhooks) counts[w.status]++;
  return counts;
}

// lastDelivery is the newest of what the webhooks' health tells (to the minute)
// and what the newest delivered event says: an older event may have come later.
export function lastDelivery(webhooks: readonly Webhook[], newest: string | null): string | null {
  const times = webhooks.flatMap((w) => w.health.lastSuccess ?? []);
  if (newest) times.push(newest);
  return times.reduce<string | null>((last, at) => (last === null || Date.parse(at) > Date.parse(last) ? at : last), null);
}
