import { Alert, Anchor, Button, Group, Loader, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { dropDraft, useDraft } from '../../draft';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Icon, Problem, When } from '../../ui';
import { isConnected } from '../dashboard/filter';
import { refresh } from '../queries';
import { asValues } from '../settings/values';
import type { Attempt } from '../types';
import { Actions } from './Actions';
import { AttemptOutcome } from './AttemptOutcome';
import type { StepProps } from './ConnectGuide';
import { draftOf, readValues } from './draft';
import { isAddress, lead, openWindow } from './popup';
import { isUnderWay, useAttempt, useStart } from './queries';

// SignInStep has the person agree at the provider, in a window of its own, and
// waits for what came of it.
export function SignInStep({ detail, guide, onNext }: StepProps) {
  const t = useText().connect;
  const client = useQueryClient();
  const { email, id: person } = useSession().user;
  const { slug, name } = detail;
  const { found } = useDraft(draftOf(slug), readValues);
  const chosen = isConnected(detail) ? null : found; // what is connected has its settings
  const start = useStart();
  const [blocked, setBlocked] = useState<string | null>(null); // the address that no window could show
  const running = detail.attempt;
  const mine = running?.startedBy === email && (isUnderWay(running) || running.status === 'other_account') ? running.id : null;
  const query = useAttempt(slug, guide.attempt ?? mine);
  const attempt = query.data;
  const done = attempt?.status === 'succeeded';

  useEffect(() => {
    if (!done) return;
    dropDraft(person, draftOf(slug));
    refresh(client);
    onNext();
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [done]);

  // The window is opened within the click; where it leads is known a moment later.
  const go = async () => {
    const opened = openWindow();
    setBlocked(null);
    try {
      const { authorizeUrl, attempt: begun } = await start.mutateAsync({ slug, ...(chosen && { settings: { ...asValues(detail.settings), ...chosen } }) });
      if ((!opened || !lead(opened, authorizeUrl)) && isAddress(authorizeUrl)) setBlocked(authorizeUrl);
      guide.become('signin', begun.id);
    } catch {
      opened?.close(); // the step says why
    }
  };
  const again = () => {
    const url = start.data?.authorizeUrl;
    const opened = url === undefined ? null : openWindow();
    if (url !== undefined && (!opened || !lead(opened, url))) setBlocked(url);
  };

  if (done) return <Text role="status">{t.outcome.succeeded(name)}</Text>;
  if (attempt && !isUnderWay(attempt)) {
    const settled = (kept: Attempt) => {
      notifications.show({ color: 'blue', message: t.outcome.kept(kept.previousAccount ?? detail.account ?? name) });
      guide.close();
    };
    return <AttemptOutcome detail={detail} attempt={attempt} busy={start.isPending} error={start.error} onAgain={() => void go()} onKept={settled} />;
  }
  const waiting = attempt !== undefined;
  return (
    <Stack gap="md">
      <div>
        <Text fw={600}>{t.signin.title(name)}</Text>
        <Text size="sm" c="dimmed">
          {t.signin.text(name)}
        </Text>
      </div>
      {!waiting && running && isUnderWay(running) && running.startedBy !== email && <Text size="sm">{t.signin.elsewhere(running.startedBy)}</Text>}
      {waiting && <Waiting name={name} attempt={attempt} />}
      {blocked !== null && (
        <Alert color="yellow" role="alert" title={t.signin.blocked} icon={<Icon name="alert" />}>
          <Text size="sm">{t.signin.blockedText}</Text>
          <Anchor href={blocked} fw={600} size="sm">
            {t.signin.here}
          </Anchor>
        </Alert>
      )}
      <Problem error={start.error} onRetry={() => void go()} retrying={start.isPending} />
      <Problem error={attempt ? null : query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />
      {waiting ? (
        <Actions>
          {start.data && (
            <Button variant="default" onClick={again}>
              {t.signin.reopen}
            </Button>
          )}
          <Button variant="subtle" loading={start.isPending} onClick={() => void go()}>
            {t.signin.anew}
          </Button>
        </Actions>
      ) : (
        <Group justify="flex-end">
          <Button leftSection={<Icon name="external" />} loading={start.isPending} onClick={() => void go()} data-autofocus>
            {t.signin.go(name)}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Waiting({ name, attempt }: { name: string; attempt: Attempt }) {
  const t = useText().connect.signin;
  return (
    <Group gap="sm" wrap="nowrap" role="status">
      <Loader size="sm" aria-hidden />
      <div>
        <Text size="sm" fw={500}>
          {t.waiting(name)}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {t.waitingText} {t.until} <When at={attempt.expires} />.
        </Text>
      </div>
    </Group>
  );
}
