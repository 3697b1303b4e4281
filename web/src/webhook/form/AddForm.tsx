import { Box, Button, Stack, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useEffect, useReducer, useRef, useState, type FormEvent } from 'react';
import { phone } from '../../delivery/phone';
import { Restored, useDraft } from '../../draft';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Icon, Problem } from '../../ui';
import type { Done } from '../list/DoneNote';
import { useTemplates, useWebhooks } from '../queries';
import { isSecret, ofNew, readDraft } from './draft';
import { EventChoice } from './EventChoice';
import { begin, dirty, next } from './flow';
import { Footer } from './Footer';
import { KeyLink } from './KeyLink';
import { leadToMissing, useRefused } from './missing';
import { forgetSecret, keptSecret, useNewSecret } from './secret';
import { SecretPanel } from './SecretPanel';
import { TemplateCards } from './TemplateCards';
import { TemplateSteps } from './TemplateSteps';
import { UrlField } from './UrlField';
import { useAdding } from './useAdding';
import { useChecks } from './useChecks';

interface Props {
  onAdded: (id: string, done: Done) => void;
  onList: () => void;
}

// AddForm is the form of a new webhook. What is typed is kept as a draft until
// the webhook is added or somebody starts over.
export function AddForm({ onAdded, onList }: Props) {
  const t = useText().webhook;
  const { user } = useSession();
  const { found, keep, drop, forget } = useDraft(ofNew, readDraft);
  const [anew] = useState(() => found?.secretShown === true && keptSecret(user.id) === undefined);
  const [flow, dispatch] = useReducer(next, found ?? {}, begin);
  const { secret, error: secretError, ask } = useNewSecret(user.id);
  const input = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const done = useRef(false);
  const narrow = useMediaQuery(phone, undefined, { getInitialValueInEffect: false });
  const templates = useTemplates().data?.items;
  const others = useWebhooks().data?.activeWebhooks;

  useChecks(flow, dispatch, { secret });
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (done.current) return;
    const { url, events, off, format, template } = flow;
    if (dirty(flow)) keep({ url, events, off, format, template, secretShown: secret !== undefined }, isSecret(flow));
    else drop();
  }, [flow, secret, keep, drop]);

  const add = useAdding(dispatch, (webhook) => {
    done.current = true;
    drop();
    forgetSecret(user.id);
    // Of one that is saved switched off the verdict says if its name does not resolve.
    const detail = 'verdict' in webhook ? webhook.verdict.detail : '';
    const more = webhook.enabled ? undefined : [t.form.addedOff, detail].filter(Boolean).join(' ');
    onAdded(webhook.id, { id: webhook.id, title: t.form.added, url: webhook.url, more });
  });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (event.target !== event.currentTarget) return; // of a dialog above
    leadToMissing(flow, input.current, form.current);
    await add(flow, ask);
  };
  const sending = flow.saving.phase === 'sending';
  useRefused(flow, input);

  const startOver = () => {
    forget();
    dispatch({ type: 'started', with: {} });
    input.current?.focus();
  };
  const template = templates?.find((one) => one.slug === flow.template);
  const prefix = template?.url.prefix ?? '';
  const url = flow.url.trim();
  const strange = prefix !== '' && !url.startsWith(prefix) && !prefix.startsWith(url);
  // On a phone they would push the URL out of sight.
  const steps = (
    <Box role="status" mt={template ? undefined : 'calc(-1 * var(--mantine-spacing-md))'}>
      {template && <TemplateSteps template={template} />}
    </Box>
  );
  return (
    <form ref={form} noValidate onSubmit={(event) => void submit(event)} aria-busy={sending}>
      <Stack>
        <Stack gap={4} align="flex-start">
          <Button variant="subtle" size="compact-sm" leftSection={<Icon name="arrowLeft" />} ml={-8} onClick={onList}>
            {t.back}
          </Button>
          <Title order={3} size="h4">
            {t.addNew}
          </Title>
        </Stack>
        {found && <Restored again="startOver" onAgain={startOver} />}
        <TemplateCards chosen={flow.template} dispatch={dispatch} />
        {!narrow && steps}
        <UrlField
          flow={flow}
          dispatch={dispatch}
          input={input}
          waiting={secret === undefined}
          offText={t.form.offText}
          twice={others?.some((w) => w.url === url)}
          placeholder={template?.url.example}
          hint={strange ? t.form.otherPrefix(prefix) : undefined}
        />
        {narrow && steps}
        <EventChoice flow={flow} context="add" onChange={(events) => dispatch({ type: 'eventsChosen', events })} />
        {flow.format === 'standard' && <SecretPanel secret={secret} anew={anew} error={secretError} onRetry={() => void ask()} />}
        <KeyLink />
        {flow.saving.phase === 'failed' && <Problem error={flow.saving.error} onRetry={() => void add(flow, ask)} />}
        <Footer busy={sending} busyText={t.form.adding} label={t.form.add} onCancel={onList} />
      </Stack>
    </form>
  );
}
