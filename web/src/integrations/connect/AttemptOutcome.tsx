import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Icon, Problem, Sentence } from '../../ui';
import { GuidanceText } from '../parts/GuidanceText';
import type { Attempt, Detail } from '../types';
import { useSettleAttempt } from './queries';

interface Props {
  detail: Detail;
  attempt: Attempt; // neither open nor succeeded
  busy: boolean;
  error: unknown; // of starting again
  onAgain: () => void;
  onKept: (attempt: Attempt) => void; // the old account stays
}

// AttemptOutcome says why a sign-in did not connect anything, and what to do.
export function AttemptOutcome({ detail, attempt, busy, error, onAgain, onKept }: Props) {
  const t = useText().connect.outcome;
  if (attempt.status === 'other_account') return <OtherAccount detail={detail} attempt={attempt} onKept={onKept} />;
  return (
    <Stack gap="md">
      <AttemptNote name={detail.name} attempt={attempt} />
      <Problem error={error} />
      <Group justify="flex-end">
        <Button loading={busy} onClick={onAgain} data-autofocus>
          {t.tryAgain}
        </Button>
      </Group>
    </Stack>
  );
}

// AttemptNote is the words alone, for the page that a provider leads back to, too.
export function AttemptNote({ name, attempt }: { name: string; attempt: Attempt }) {
  const t = useText().connect.outcome;
  const words =
    attempt.status === 'denied'
      ? { title: t.denied, text: t.deniedText(name) }
      : attempt.status === 'not_finished'
        ? { title: t.not_finished, text: t.not_finishedText }
        : { title: t.failed, text: t.failedText };
  return (
    <Alert color={attempt.status === 'denied' ? 'yellow' : 'red'} role="alert" title={words.title} icon={<Icon name="alert" />}>
      <Stack gap="xs">
        <Text size="sm">{words.text}</Text>
        {attempt.detail && (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            <Sentence text={attempt.detail} />
          </Text>
        )}
        {attempt.guidance && <GuidanceText guidance={attempt.guidance} />}
      </Stack>
    </Alert>
  );
}

// OtherAccount asks which account counts.
function OtherAccount({ detail, attempt, onKept }: Pick<Props, 'detail' | 'attempt' | 'onKept'>) {
  const t = useText().connect.outcome;
  const settle = useSettleAttempt();
  const now = attempt.account ?? t.unknownAccount;
  const before = attempt.previousAccount ?? detail.account ?? t.unknownAccount;
  const run = (action: 'replace' | 'discard') =>
    settle.mutate({ slug: detail.slug, id: attempt.id, action }, { onSuccess: () => action === 'discard' && onKept(attempt) });
  const busy = (action: 'replace' | 'discard') => settle.isPending && settle.variables.action === action;
  return (
    <Stack gap="md">
      <Alert color="yellow" role="alert" title={t.other_account} icon={<Icon name="user" />}>
        <Text size="sm">{t.other_accountText(now, before)}</Text>
        <Text size="sm">{t.replaceText}</Text>
      </Alert>
      <Problem error={settle.error} />
      <Group justify="flex-end" gap="xs">
        <Button variant="default" loading={busy('replace')} onClick={() => run('replace')}>
          {t.replace(now)}
        </Button>
        <Button loading={busy('discard')} onClick={() => run('discard')} data-autofocus>
          {t.discard(before)}
        </Button>
      </Group>
    </Stack>
  );
}
