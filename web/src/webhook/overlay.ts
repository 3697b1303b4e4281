import type { Schemas } from '../api';
import type { Reason } from '../text';

export type Webhook = Schemas['WebhookView'];
export type WebhookList = Schemas['WebhooksResponseBody'];

// Toggle is the wish to have a webhook on or off.
export interface Toggle {
  id: string;
  enabled: boolean;
  reason?: Reason;
}

// overlay shows a webhook as it will be once the wishes that are on their way
// have come true. The newest wish for it counts. Nothing is stored: when a wish
// is refused it is no longer on its way, and the webhook is as it was.
export function overlay(webhook: Webhook, wishes: readonly Toggle[]): Webhook {
  const wish = wishes.findLast((w) => w.id === webhook.id);
  if (!wish || wish.enabled === webhook.enabled) return webhook;
  return { ...webhook, enabled: wish.enabled, status: wish.enabled ? 'active' : 'off', statusReason: wish.reason };
}

export function overlayAll(webhooks: readonly Webhook[], wishes: readonly Toggle[]): Webhook[] {
  return webhooks.map((w) => overlay(w, wishes));
}

// newest puts a webhook that an answer brought into a list, unless the list
// knows a later version of it. One that the list lacks is the newest, and last.
export function newest(webhooks: readonly Webhook[], webhook: Webhook): Webhook[] {
  const known = webhooks.find((w) => w.id === webhook.id);
  if (!known) return [...webhooks, webhook];
  if (known.version > webhook.version) return [...webhooks];
  return webhooks.map((w) => (w.id === webhook.id ? webhook : w));
}
