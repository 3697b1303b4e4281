import { notifications } from '@mantine/notifications';
import { useMutation, useMutationState, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, data, type Schemas } from '../api';
import { deliveryKeys } from '../delivery/keys';
import { forgetDrafts } from '../draft';
import { useText } from '../text';
import { tellFailure } from '../ui';
import { eventTypeKeys, templateKeys, webhookKeys } from './keys';
import { newest, overlay, overlayAll, type Toggle, type Webhook, type WebhookList } from './overlay';

export type { Toggle, Webhook, WebhookList } from './overlay';
export type ChangeWebhook = Schemas['ChangeWebhookRequestBody'];

// useWishes are the toggles that are on their way, oldest first.
function useWishes(): Toggle[] {
  return useMutationState({
    filters: { mutationKey: webhookKeys.toggle(), status: 'pending' },
    select: (mutation) => mutation.state.variables as Toggle,
  });
}

// useWebhooks is the list of webhooks, and the events that they can have.
export function useWebhooks() {
  const query = useQuery({
    queryKey: webhookKeys.list(),
    queryFn: ({ signal }) => data(api.GET('/api/v1/webhooks', { signal })),
  });
  const wishes = useWishes();
  const shown = useMemo<WebhookList | undefined>(
    () => query.data && { ...query.data, activeWebhooks: overlayAll(query.data.activeWebhooks, wishes) },
    [query.data, wishes],
  );
  return { ...query, data: shown };
}

// useWebhook is one webhook.
export function useWebhook(id: string, options: { enabled?: boolean } = {}) {
  const query = useQuery({
    queryKey: webhookKeys.one(id),
    queryFn: ({ signal }) => data(api.GET('/api/v1/webhooks/{id}', { params: { path: { id } }, signal })),
    ...options,
  });
  const wishes = useWishes();
  const shown = useMemo(() => query.data && overlay(query.data, wishes), [query.data, wishes]);
  return { ...query, data: shown };
}

// useWaiting counts what waits for a webhook. Its key begins with the topic of
// deliveries, since it changes with each of them.
export function useWaiting(id: string, options: { enabled?: boolean } = {}) {
  return useQuery({
    queryKey: deliveryKeys.waiting(id),
    queryFn: ({ signal }) => data(api.GET('/api/v1/webhooks/{id}', { params: { path: { id } }, signal })),
    select: (webhook) => webhook.waiting,
    ...options,
  });
}

// keep puts what an answer brought where the next look finds it. A look that is
// under way may bring what was before, so it is given up.
async function keep(client: QueryClient, webhook: Webhook) {
  await client.cancelQueries({ queryKey: webhookKeys.all });
  client.setQueryData<WebhookList>(webhookKeys.list(), (old) => old && { ...old, activeWebhooks: newest(old.activeWebhooks, webhook) });
  client.setQueryData<Webhook>(webhookKeys.one(webhook.id), (old) => {
    if (old && old.version > webhook.version) return old;
    return { ...webhook, waiting: webhook.waiting ?? old?.waiting };
  });
}

function refresh(client: QueryClient) {
  void client.invalidateQueries({ queryKey: webhookKeys.all });
}

// useToggleWebhook switches a webhook on or off, or adds why to one that is off.
// It shows at once; when it is refused, it goes back and a notification says why
// and what to do, and offers again what the server was away for.
export function useToggleWebhook() {
  const client = useQueryClient();
  const t = useText();
  const told = (wish: Toggle) => `toggle-${wish.id}`;
  const toggle = useMutation({
    mutationKey: webhookKeys.toggle(),
    networkMode: 'always',
    mutationFn: ({ id, enabled, reason }: Toggle) =>
      data(api.PATCH('/api/v1/webhooks/{id}', { params: { path: { id } }, body: reason ? { enabled, reason } : { enabled } })),
    onSuccess: (webhook) => keep(client, webhook),
    onMutate: (wish) => void notifications.hide(told(wish)),
    onError: (error, wish) => {
      const title = wish.reason ? t.webhook.why.notStored : wish.enabled ? t.webhook.onFailed : t.webhook.offFailed;
      tellFailure(error, t, { id: told(wish), title, onRetry: () => toggle.mutate(wish) });
    },
    onSettled: () => refresh(client),
  });
  return toggle;
}

// useDeleteWebhook deletes a webhook; what was pending for it ends.
export function useDeleteWebhook() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: (id: string) => data(api.DELETE('/api/v1/webhooks/{id}', { params: { path: { id } } })),
    onSuccess: async (_, id) => {
      await client.cancelQueries({ queryKey: webhookKeys.all });
      client.setQueryData<WebhookList>(
        webhookKeys.list(),
        (old) => old && { ...old, activeWebhooks: old.activeWebhooks.filter((w) => w.id !== id) },
      );
      client.removeQueries({ queryKey: webhookKeys.one(id) });
      forgetDrafts(`webhook.${id}`);
    },
    onSettled: () => refresh(client),
  });
}

// useTestWebhook sends a test event; the verdict becomes the webhook's health.
export function useTestWebhook() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: (id: string) => data(api.POST('/api/v1/webhooks/{id}/test', { params: { path: { id } } })),
    onSettled: () => refresh(client),
  });
}

// useSettleHeld sends or discards what is held for a webhook.
export function useSettleHeld() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: ({ id, action }: { id: string; action: 'send' | 'discard' }) =>
      data(api.POST('/api/v1/webhooks/{id}/held', { params: { path: { id } }, body: { action } })),
    onSettled: () => {
      refresh(client);
      void client.invalidateQueries({ queryKey: deliveryKeys.all });
    },
  });
}

// useChangeWebhook changes the version of a webhook that somebody has seen.
export function useChangeWebhook() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: ({ id, version, change }: { id: string; version: number; change: ChangeWebhook }) =>
      data(api.PATCH('/api/v1/webhooks/{id}', { params: { path: { id }, header: { 'If-Match': `"${version}"` } }, body: change })),
    onSuccess: (webhook) => keep(client, webhook),
    onSettled: () => refresh(client),
  });
}

// useAddWebhook adds a webhook.
export function useAddWebhook() {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    gcTime: 0, // the answer has the secret
    mutationFn: (body: Schemas['AddWebhookRequestBody']) => data(api.POST('/api/v1/webhooks', { body })),
    onSuccess: ({ secret: _secret, verdict: _verdict, ...webhook }) => keep(client, webhook),
    onSettled: () => refresh(client),
  });
}

// useEventTypes are the kinds of events with their descriptions.
export function useEventTypes() {
  return useQuery({
    queryKey: eventTypeKeys.list(),
    queryFn: ({ signal }) => data(api.GET('/api/v1/event-types', { signal })),
  });
}

// useTemplates are the receivers that a new webhook can start from.
export function useTemplates() {
  return useQuery({
    queryKey: templateKeys.list(),
    queryFn: ({ signal }) => data(api.GET('/api/v1/webhook-templates', { signal })),
    staleTime: Infinity,
  });
}
