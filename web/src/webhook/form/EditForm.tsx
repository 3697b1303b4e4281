import { Anchor, Button, Stack, Text, Title } from '@mantine/core';
import { useEffect, useReducer, useRef, useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { Restored, useDraft } from '../../draft';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Icon, Problem, Rows } from '../../ui';
import type { Done } from '../list/DoneNote';
import { useChangeWebhook, useWebhooks, type Webhook } from '../queries';
import { changeOf, Conflict, conflicts } from './Conflict';
import { isSecretEdit, ofEdit, readEdit, type EditDraft } from './draft';
import { EventChoice } from './EventChoice';
import { begin, lack, next } from './flow';
import { Footer } from './Footer';
import { leadToMissing, useRefused } from './missing';
import { UrlField } from './UrlField';
import { useChecks } from './useChecks';
import { verdictOf } from './verdictOf';

interface Props {
  id: string;
  onDone: (done: Done | null) => void;
}

// EditForm changes a webhook's URL and events. What is not saved is there again
// when the form is opened anew.
export function EditForm({ id, onDone }: Props) {
  const t = useText().webhook;
  const list = useWebhooks();
  const current = list.data?.activeWebhooks.find((w) => w.id === id);
  return (
    <Stack>
      <Stack gap={4} align="flex-start">
        <Button variant="subtle" size="compact-sm" leftSection={<Icon name="arrowLeft" />} ml={-8} onClick={() => onDone(null)}>
          {t.back}
        </Button>
        <Title order={3} size="h4">
          {t.form.editTitle}
        </Title>
      </Stack>
      {current && <Fields current={current} all={list.data?.activeWebhooks ?? []} onDone={onDone} />}
      {!current && list.data && <Text role="alert">{t.form.gone}</Text>}
      {!current && !list.data && (list.error ? <Problem error={list.error} onRetry={() => void list.refetch()} /> : <Rows n={6} />)}
    </Stack>
  );
}

const typedIn = (draft: EditDraft | null) => draft && { url: draft.url, events: draft.events, off: draft.off };

interface FieldsProps {
  current: Webhook; // as it is now
  all: readonly Webhook[];
  onDone: (done: Done | null) => void;
}

function Fields({ current, all, onDone }: FieldsProps) {
  const t = useText().webhook.form;
  const mayHeaders = useSession().can('webhook.headers');
  const { found, keep, drop, forget } = useDraft(ofEdit(current.id), readEdit);
  const [seen, setSeen] = useState({ ...current, ...found?.seen }); // what the person has begun with
  const [flow, dispatch] = useReducer(next, { base: seen.url, events: seen.events, off: !seen.enabled, format: seen.format, ...typedIn(found) }, begin);
  const change = useChangeWebhook();
  const input = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const busy = useRef(false);
  const forbidden = seen.hasHeaders && !mayHeaders;
  const sending = flow.saving.phase === 'sending';
  const theirs = !sending && conflicts(seen, current);

  useChecks(flow, dispatch, { webhookId: seen.id });
  useRefused(flow, input);
  useEffect(() => {
    if (forbidden) form.current?.querySelector<HTMLInputElement>('fieldset input')?.focus();
    else input.current?.focus();
  }, [forbidden]);

  const wanted = changeOf(seen, flow);
  const changed = wanted !== null;
  const saved = useRef(false);
  useEffect(() => {
    if (saved.current) return;
    const { url, description, events, format, enabled, version } = seen;
    const draft = { seen: { url, description, events, format, enabled, version }, url: flow.url, description, events: flow.events, format, off: flow.off };
    if (changed) keep(draft, isSecretEdit(draft));
    else drop();
  }, [changed, seen, flow, keep, drop]);

  const leave = (done: Done) => {
    saved.current = true;
    drop();
    onDone(done);
  };

  async function save(version: number) {
    if (busy.current) return;
    if (lack(flow) === null && !wanted) {
      leave({ id: seen.id, title: t.nothing, url: seen.url });
      return;
    }
    dispatch({ type: 'submitted' });
    leadToMissing(flow, input.current, form.current);
    if (lack(flow) !== null || !wanted) return;
    busy.current = true;
    try {
      await change.mutateAsync({ id: seen.id, version, change: wanted });
      leave({ id: seen.id, title: t.saved, url: flow.url.trim() });
    } catch (error) {
      const verdict = verdictOf(error);
      dispatch(verdict ? { type: 'refused', verdict } : { type: 'failed', error });
    } finally {
      busy.current = false;
    }
  }

  // What changed apart from URL and events is no conflict: a newer version is
  // then only a number.
  const version = theirs ? seen.version : current.version;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (event.target === event.currentTarget) void save(version);
  };
  const takeTheirs = () => {
    forget();
    setSeen(current);
    dispatch({ type: 'started', with: { base: current.url, events: current.events, off: !current.enabled, format: current.format } });
  };
  const unreachable = flow.check.phase === 'unreachable';
  return (
    <form ref={form} noValidate onSubmit={submit} aria-busy={sending}>
      <Stack>
        {found && changed && !theirs && <Restored again="undo" onAgain={takeTheirs} />}
        {theirs && <Conflict seen={seen} current={current} error={flow.saving} onTake={takeTheirs} onKeep={() => void save(current.version)} />}
        <UrlField
          flow={flow}
          dispatch={dispatch}
          input={input}
          waiting={false}
          forbidden={forbidden}
          offText={t.offEditText}
          withOff={seen.enabled && (unreachable || flow.off)}
          twice={all.some((w) => w.id !== seen.id && w.url === flow.url.trim())}
        />
        <EventChoice flow={flow} context="edit" onChange={(events) => dispatch({ type: 'eventsChosen', events })} />
        <Anchor component={Link} to={`/settings/webhooks/${seen.id}`} size="sm">
          {t.more}
        </Anchor>
        {flow.saving.phase === 'failed' && !theirs && <Problem error={flow.saving.error} onRetry={() => void save(version)} />}
        <Footer busy={sending} busyText={wanted?.url === undefined || flow.off ? t.saving : t.savingUrl} label={t.save} onCancel={() => onDone(null)} />
      </Stack>
    </form>
  );
}
