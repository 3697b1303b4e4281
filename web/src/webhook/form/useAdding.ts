import { useQueryClient } from '@tanstack/react-query';
import { useRef, type Dispatch } from 'react';
import { isAway, Offline, type Schemas } from '../../api';
import { useAddWebhook, useWebhooks, type Webhook } from '../queries';
import { webhookKeys } from '../keys';
import { lack, type Flow, type FlowEvent } from './flow';
import { verdictOf } from './verdictOf';

type Added = Schemas['NewWebhookView'];

// made finds the webhook that a request made whose answer was lost: it was not
// there before, and has what was asked for.
export function made(now: readonly Webhook[], before: ReadonlySet<string>, url: string, events: readonly string[]): Webhook | undefined {
  return now.find(
    (w) => !before.has(w.id) && w.url === url && w.events.length === events.length && events.every((event) => w.events.includes(event)),
  );
}

// useAdding gives what the button "Add Webhook" does. However often it is
// pressed, one webhook is made; if an answer was lost, it looks before it asks
// for another.
export function useAdding(dispatch: Dispatch<FlowEvent>, onAdded: (webhook: Webhook | Added) => void) {
  const client = useQueryClient();
  const add = useAddWebhook();
  const list = useWebhooks();
  const busy = useRef(false);
  const lost = useRef<ReadonlySet<string> | null>(null); // what was there before the answer was lost

  async function make(body: Schemas['AddWebhookRequestBody']): Promise<Webhook | Added> {
    if (lost.current) {
      const now = (await list.refetch({ throwOnError: true })).data?.activeWebhooks ?? [];
      const found = made(now, lost.current, body.url, body.events);
      if (found) return found;
    }
    const known = client.getQueryData<Schemas['WebhooksResponseBody']>(webhookKeys.list())?.activeWebhooks ?? [];
    const before = lost.current ?? new Set(known.map((w) => w.id));
    try {
      const webhook = await add.mutateAsync(body);
      lost.current = null;
      return webhook;
    } catch (error) {
      lost.current = isAway(error) ? before : null;
      throw error;
    }
  }

  return async (flow: Flow, ask: () => Promise<string | undefined>) => {
    if (busy.current) return;
    dispatch({ type: 'submitted' });
    if (lack(flow)) return;
    busy.current = true;
    try {
      // The webhook has the secret that is shown, so it waits for that one.
      const secret = await ask();
      if (secret === undefined) throw new Offline();
      onAdded(await make({ url: flow.url.trim(), events: flow.events, enabled: !flow.off, format: flow.format, secret }));
    } catch (error) {
      const verdict = verdictOf(error);
      dispatch(verdict ? { type: 'refused', verdict } : { type: 'failed', error });
    } finally {
      busy.current = false;
    }
  };
}
