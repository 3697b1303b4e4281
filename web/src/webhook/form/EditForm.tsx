import { Alert, Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, useReducer, useRef, useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Icon, Problem, Rows } from '../../ui';
import type { Done } from '../list/DoneNote';
import { useChangeWebhook, useWebhooks, type Webhook } from '../queries';
import { changeOf, Conflict, conflicts } from './Conflict';
import { keepEdit, keptEdit } from './edits';
import { EventChoice } from './EventChoice';
import { begin, lack, next } from './flow';
import { Footer } from './Footer';
import { UrlField } from './UrlField';
import { useChecks } from './useChecks';
import { verdictOf } from './verdictOf';

interface Props {
  id: string;
  onDone: (done: Done | null) => void;
}

// EditForm changes a webhook's URL and events.
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

const startOf = (webhook: Webhook) => ({ base: webhook.url, events: webhook.events, off: !webhook.enabled });

interface FieldsProps {
  current: Webhook; // as it is now
  all: readonly Webhook[];
  onDone: (done: Done | null) => void;
}

function Fields({ current, all, onDone }: FieldsProps) {
  const t = useText().webhook.form;
  const { user, can } = useSession();
  const mayHeaders = can('webhook.headers');
  const [restored, setRestored] = useState(() => keptEdit(user.id, current.id));
  const [seen, setSeen] = useState(restored?.seen ?? current); // what the person has begun with
  const [flow, dispatch] = useReducer(next, restored, (kept) => begin({ ...startOf(seen), ...kept }));
  const changed = changeOf(seen, flow);
  const change = useChangeWebhook();
  const input = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const busy = useRef(false);
  const left = useRef(false); // what was typed is no longer wanted
  const forbidden = seen.hasHeaders && !mayHeaders;
  const sending = flow.saving.phase === 'sending';
  const theirs = !sending && conflicts(seen, current);

  useChecks(flow, dispatch, { webhookId: seen.id });
  useEffect(() => {
    if (left.current) return;
    const { url, events, off } = flow;
    keepEdit(user.id, seen.id, changed && { seen, url, events, off });
  });
  useEffect(() => {
    if (forbidden) form.current?.querySelector<HTMLInputElement>('fieldset input')?.focus();
    else input.current?.focus();
  }, [forbidden]);

  function leave(done: Done | null) {
    left.current = true;
    keepEdit(user.id, seen.id, null);
    onDone(done);
  }

  async function save(version: number) {
    if (busy.current) return;
    if (lack(flow) === null && !changed) {
      return leave({ id: seen.id, title: t.nothing, url: seen.url });
    }
    dispatch({ type: 'submitted' });
    if (lack(flow) === 'url') input.current?.focus();
    if (lack(flow) !== null || !changed) return;
    busy.current = true;
    try {
      await change.mutateAsync({ id: seen.id, version, change: changed });
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
    setSeen(current);
    setRestored(undefined);
    dispatch({ type: 'started', with: startOf(current) });
  };
  const unreachable = flow.check.phase === 'unreachable';
  return (
    <form ref={form} noValidate onSubmit={submit} aria-busy={sending}>
      <Stack>
        {restored && (
          <Alert color="blue" p="xs" role="status">
            <Group justify="space-between" gap="xs">
              <Text size="sm">{t.restored}</Text>
              <Button size="compact-sm" variant="default" onClick={takeTheirs}>
                {t.startOver}
              </Button>
            </Group>
          </Alert>
        )}
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
        <Footer busy={sending} busyText={t.adding} label={t.save} onCancel={() => leave(null)} />
      </Stack>
    </form>
  );
}
