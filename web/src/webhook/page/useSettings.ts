import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useReducer, useState } from 'react';
import { ApiProblem } from '../../api';
import { useDraft } from '../../draft';
import { formatOf } from '../format';
import { isSecretEdit, ofSettings, readEdit } from '../form/draft';
import { begin, lack, next } from '../form/flow';
import { useChecks } from '../form/useChecks';
import { verdictOf } from '../form/verdictOf';
import { useChangeWebhook, type ChangeWebhook, type Webhook } from '../queries';
import { changeOf, merge, type Settings, type Theirs } from './merge';
import { fetchWebhook, since, type Since } from './stale';

export interface Stale extends Since {
  theirs: Theirs[];
}

const settingsOf = ({ url, description, format, events }: Webhook): Settings => ({ url, description, format, events });

const startOf = (webhook: Webhook, typed: Settings = settingsOf(webhook)) => ({
  base: webhook.url,
  baseFormat: webhook.format,
  url: typed.url,
  events: typed.events,
  off: !webhook.enabled,
  format: typed.format,
});

// useSettings is the form of a webhook's URL, format, events and description. It begins
// with what is stored, follows it while nothing is typed, and when somebody else
// was faster it joins what was typed with what is stored now. What is not saved is
// there again when one comes back to the page.
export function useSettings(webhook: Webhook, onSaved: () => void) {
  const client = useQueryClient();
  const save = useChangeWebhook();
  const { found, keep, drop, forget } = useDraft(ofSettings(webhook.id), readEdit);
  const [base, setBase] = useState({ ...webhook, ...found?.seen }); // what the form began with
  const [flow, dispatch] = useReducer(next, { ...startOf(base, found ?? undefined), ...(found && { off: found.off }) }, begin);
  const [description, setDescription] = useState(found?.description ?? webhook.description);
  const [stale, setStale] = useState<Stale | null>(null);
  useChecks(flow, dispatch, { webhookId: webhook.id });

  const typed: Settings = { url: flow.url, description, format: flow.format, events: flow.events };
  const change = changeOf(settingsOf(base), typed);
  const switchOff = flow.off && base.enabled;
  const dirty = change !== null || switchOff;

  const beginWith = (now: Webhook, values = settingsOf(now)) => {
    dispatch({ type: 'started', with: startOf(now, values) });
    setDescription(values.description);
    setBase(now);
  };

  useEffect(() => {
    const { url, events, enabled, version } = base;
    const seen = { url, description: base.description, events, format: base.format, enabled, version };
    const draft = { seen, url: flow.url, description, events: flow.events, format: formatOf(flow.format), off: flow.off };
    if (dirty) keep(draft, isSecretEdit(draft));
    else drop();
  }, [dirty, base, description, flow.url, flow.events, flow.format, flow.off, keep, drop]);

  // The form follows what is stored: wholly while nothing is typed, else as long
  // as nothing in it was changed by others. What was is told when it is saved.
  const sending = flow.saving.phase === 'sending';
  useEffect(() => {
    const switched = webhook.enabled !== base.enabled;
    if (sending || webhook.version < base.version || (webhook.version === base.version && !switched)) return;
    if (!dirty) return beginWith(webhook);
    if (changeOf(settingsOf(base), settingsOf(webhook))) return;
    if (switched) dispatch({ type: 'offChosen', off: !webhook.enabled });
    setBase(webhook);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [dirty, sending, webhook, base]);

  const overtaken = async (error: ApiProblem) => {
    const now = await fetchWebhook(client, webhook.id);
    const { values, theirs } = merge(settingsOf(base), typed, settingsOf(now));
    beginWith(now, values);
    setStale({ ...since(error), theirs });
  };

  const submit = async () => {
    if (!dirty || sending) return;
    dispatch({ type: 'submitted' });
    if (lack(flow)) return;
    setStale(null);
    const wanted: ChangeWebhook = { ...change, ...(switchOff && { enabled: false }) };
    try {
      beginWith(await save.mutateAsync({ id: webhook.id, version: base.version, change: wanted }));
      forget();
      onSaved();
    } catch (error) {
      const verdict = verdictOf(error);
      if (verdict) return dispatch({ type: 'refused', verdict });
      if (!(error instanceof ApiProblem) || error.status !== 412) return dispatch({ type: 'failed', error });
      await overtaken(error).catch((away: unknown) => dispatch({ type: 'failed', error: away }));
    }
  };

  const undo = () => {
    forget();
    beginWith(webhook);
    setStale(null);
  };
  const takeTheirs = ({ field, after }: Theirs) => {
    if (field === 'url') dispatch({ type: 'typed', url: String(after) });
    if (field === 'description') setDescription(String(after));
    if (field === 'format') dispatch({ type: 'formatChosen', format: String(after) });
    setStale((old) => old && { ...old, theirs: old.theirs.map((t) => (t.field === field ? { ...t, clash: false } : t)) });
  };
  return { flow, dispatch, restored: found !== null, description, setDescription, dirty, stale, submit, undo, takeTheirs };
}
