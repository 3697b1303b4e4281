import { Anchor, Button, Group, List, Loader, PasswordInput, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type FormEvent } from 'react';
import { dropDraft, useDraft } from '../../draft';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Icon, Problem, Sentence } from '../../ui';
import { isConnected } from '../dashboard/filter';
import { refresh } from '../queries';
import type { Attempt, Detail, Paste } from '../types';
import { AttemptNote, AttemptOutcome } from './AttemptOutcome';
import type { StepProps } from './ConnectGuide';
import { chosenOf, draftOf } from './draft';
import { useAttempt, useNeeds, usePasteToken } from './queries';

const tokenDraft = (slug: string) => `integration.${slug}.token`;
const readToken = (value: unknown): string | null => (typeof value === 'string' ? value : null);

// TokenStep takes a token that the person has made at the provider, instead of a
// sign-in there, and says what came of trying it.
export function TokenStep({ detail, guide, onNext }: StepProps) {
  const t = useText().connect;
  const client = useQueryClient();
  const { email, id: person } = useSession().user;
  const { slug, name } = detail;
  const chosen = chosenOf(detail, person);
  const { token: paste } = useNeeds(detail, chosen);
  const running = detail.attempt;
  const mine = running?.startedBy === email && running.status === 'other_account' ? running.id : null;
  const attempt = useAttempt(slug, guide.attempt ?? mine).data;
  const done = attempt?.status === 'succeeded';

  useEffect(() => {
    if (!done) return;
    dropDraft(person, draftOf(slug));
    dropDraft(person, tokenDraft(slug));
    refresh(client);
    onNext();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [done]);

  if (done) return <Text role="status">{t.outcome.succeeded(name)}</Text>;
  if (attempt?.status === 'other_account') {
    const kept = (settled: Attempt) => {
      dropDraft(person, tokenDraft(slug));
      notifications.show({ color: 'blue', message: t.outcome.kept(settled.previousAccount ?? detail.account ?? name) });
      guide.close();
    };
    return <AttemptOutcome detail={detail} attempt={attempt} busy={false} error={null} onAgain={() => guide.become('signin', null)} onKept={kept} />;
  }
  if (attempt?.status === 'exchanging') {
    return (
      <Group gap="sm" role="status">
        <Loader size="sm" aria-hidden />
        <Text size="sm">{t.token.trying}</Text>
      </Group>
    );
  }
  return (
    <Stack gap="md">
      {paste && <HowTo name={name} paste={paste} />}
      {attempt && attempt.status !== 'open' && <AttemptNote name={name} attempt={attempt} />}
      {paste && <TokenForm detail={detail} label={paste.label} settings={isConnected(detail) ? undefined : chosen} onTried={({ id }) => guide.become('signin', id)} />}
    </Stack>
  );
}

// HowTo says what the token is for, and where and how it is made.
function HowTo({ name, paste }: { name: string; paste: Paste }) {
  const t = useText().connect.token;
  return (
    <>
      <div>
        <Text fw={600}>{t.title(name)}</Text>
        <Text size="sm" c="dimmed">
          <Sentence text={paste.help} />
        </Text>
      </div>
      <div>
        <Text size="sm" fw={600}>
          {t.how}
        </Text>
        <List type="ordered" size="sm" spacing={4} mt={4}>
          {paste.steps.map((step) => (
            <List.Item key={step}>
              <Sentence text={step} />
            </List.Item>
          ))}
        </List>
        <Anchor href={paste.url} target="_blank" rel="noreferrer" size="sm" mt={4} display="inline-block">
          {t.open(name)} <Icon name="external" size={12} />
        </Anchor>
      </div>
      {paste.lifeDays !== undefined && <Text size="sm">{t.life(name, paste.lifeDays)}</Text>}
    </>
  );
}

interface FormProps {
  detail: Detail;
  label: string;
  settings: Record<string, unknown> | undefined; // to connect with; undefined: those that there are
  onTried: (attempt: Attempt) => void;
}

// TokenForm is the field. What is in it is kept in this tab's memory alone, until it
// has connected.
function TokenForm({ detail, label, settings, onTried }: FormProps) {
  const t = useText().connect.token;
  const { slug } = detail;
  const send = usePasteToken();
  const { found, keep, drop } = useDraft(tokenDraft(slug), readToken);
  const [typed, setTyped] = useState(found ?? '');
  const [tried, setTried] = useState(false);
  useEffect(() => {
    if (typed === '') drop();
    else keep(typed, true);
  }, [typed, keep, drop]);
  const token = typed.trim();
  const wrong = token === '' ? t.missing : /\s/.test(token) ? t.spaces : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setTried(true);
    if (wrong !== null || send.isPending) return;
    send.mutate({ slug, token, settings }, { onSuccess: onTried });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <PasswordInput
          label={label}
          description={t.kept}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          error={tried && wrong}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Problem error={send.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={send.isPending}>
            {t.connect}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
