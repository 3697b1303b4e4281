import { Button, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useReducer, useState, type FormEvent } from 'react';
import { ApiProblem } from '../../api';
import { Restored, useDraft } from '../../draft';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Icon, Problem } from '../../ui';
import { useChangeWebhook, type Webhook } from '../queries';
import { HeaderRow } from './HeaderRow';
import { begin, changed, headersMost, next, patchOf, problems, sent, type Headers } from './headers';
import { Reason, Section } from './Section';
import { fetchWebhook, since, type Since } from './stale';
import { StaleNotice } from './StaleNotice';

const ofHeaders = (id: string) => `webhook.${id}.headers`;

interface HeadersDraft {
  state: Headers;
  version: number; // of the webhook that the form began with
}

// readHeaders: this draft is never stored, so it is always this console's own.
const readHeaders = (value: unknown) => (value ?? null) as HeadersDraft | null;

// HeadersCard shows the names of the custom headers and changes them, for system
// administrators. Others see if there are any, and who may.
export function HeadersCard({ webhook }: { webhook: Webhook }) {
  const t = useText().webhookPage.headers;
  const may = useSession().can('webhook.headers');
  return (
    <Section title={t.title} text={t.text}>
      {may ? (
        <Form webhook={webhook} />
      ) : (
        <Stack gap={4}>
          <Text size="sm">{webhook.hasHeaders ? t.some : t.none}</Text>
          <Reason>{t.forbidden}</Reason>
        </Stack>
      )}
    </Section>
  );
}

function Form({ webhook }: { webhook: Webhook }) {
  const t = useText();
  const words = t.webhookPage.headers;
  const client = useQueryClient();
  const save = useChangeWebhook();
  const { found, keep, drop, forget } = useDraft(ofHeaders(webhook.id), readHeaders);
  const [state, dispatch] = useReducer(next, webhook.headerNames ?? [], (names) => found?.state ?? begin(names));
  const [version, setVersion] = useState(found?.version ?? webhook.version); // of what the form began with
  const [stale, setStale] = useState<Since | null>(null);
  const [tried, setTried] = useState(false); // to save what is not complete
  const dirty = changed(state);
  const wrong = problems(state);

  useEffect(() => {
    if (dirty) keep({ state, version }, true); // the values are secrets
    else drop();
  }, [dirty, state, version, keep, drop]);

  // While nothing is typed the form shows what is stored.
  useEffect(() => {
    if (dirty || webhook.version <= version) return;
    dispatch({ type: 'started', names: webhook.headerNames ?? [] });
    setVersion(webhook.version);
  }, [dirty, version, webhook]);

  const store = async () => {
    setStale(null);
    try {
      const now = await save.mutateAsync({ id: webhook.id, version, change: { headers: patchOf(state) } });
      dispatch({ type: 'started', names: now.headerNames ?? [] });
      setVersion(now.version);
      setTried(false);
      forget();
      notifications.show({ color: 'green', message: t.webhookPage.settings.saved });
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 412) return; // shown below
      const now = await fetchWebhook(client, webhook.id).catch(() => null);
      if (!now) return;
      dispatch({ type: 'stored', names: now.headerNames ?? [] });
      setVersion(now.version);
      setStale(since(error));
      save.reset();
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (dirty && wrong.size === 0 && !save.isPending) void store();
  };
  const undo = () => {
    forget();
    dispatch({ type: 'started', names: webhook.headerNames ?? [] });
    setVersion(webhook.version);
    setStale(null);
    setTried(false);
    save.reset();
  };
  const full = sent(state).length >= headersMost;
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {found && dirty && !stale && <Restored again="undo" onAgain={undo} />}
        {stale && <StaleNotice since={stale} concerned={stale.fields.includes('headers')} />}
        {state.rows.length === 0 && <Text size="sm">{words.none}</Text>}
        {state.rows.map((row) => (
          <HeaderRow key={row.key} row={row} problems={tried ? wrong.get(row.key) : undefined} dispatch={dispatch} />
        ))}
        <Problem error={save.error} onRetry={() => void store()} retrying={save.isPending} />
        <Group gap="xs">
          <Button variant="default" leftSection={<Icon name="plus" />} disabled={full} onClick={() => dispatch({ type: 'added' })}>
            {words.add}
          </Button>
          {dirty && (
            <>
              <Button type="submit" loading={save.isPending}>
                {words.save}
              </Button>
              <Button variant="subtle" color="gray" onClick={undo}>
                {t.webhookPage.settings.undo}
              </Button>
            </>
          )}
        </Group>
        {full && <Reason>{words.most(headersMost)}</Reason>}
      </Stack>
    </form>
  );
}
