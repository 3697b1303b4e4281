import { Alert, Anchor, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Link } from 'react-router';
import { useText } from '../text';
import { Icon, When } from '../ui';
import { verificationOf, type AuditState } from './verification';

interface Props {
  state: AuditState | undefined; // not read yet
}

const patience = 5_000; // ms that a head may be behind without a word

// VerificationState says how far the log was verified and, when it is not as it
// should be, what to do.
export function VerificationState({ state }: Props) {
  const t = useText();
  const words = t.audit.verification;
  const v = state && verificationOf(state);
  const [behind] = useDebouncedValue(v?.unanchoredSince ?? 0, patience);
  if (!state || !v) return <Skeleton height={22} width="16rem" aria-hidden />;
  return (
    <Stack gap="xs">
      {v.level === 'problem' ? <Problem state={state} /> : <Verdict state={state} />}
      {state.headsUnreadable && (
        <Alert color="yellow" title={words.unreadable} icon={<Icon name="alert" />}>
          <Text size="sm">{words.unreadableText}</Text>
        </Alert>
      )}
      {v.unanchoredSince > 0 && behind > 0 && (
        <Alert color="yellow" title={words.unanchored(v.unanchoredSince)} icon={<Icon name="alert" />}>
          <Text size="sm">{words.unanchoredText(state.anchoredTo)}</Text>
        </Alert>
      )}
      {state.accepted.map((a) => (
        <Alert key={a.seq} color="yellow" title={words.accepted(a.seq)} icon={<Icon name="alert" />}>
          <Text size="sm">{words.acceptedText}</Text>
          <Text size="sm" fw={500} my={4} style={{ overflowWrap: 'anywhere' }}>
            {a.reason}
          </Text>
          <Group gap="sm">
            <Text size="sm" component="span">
              <When at={a.at} />
            </Text>
            <Anchor component={Link} size="sm" c="inherit" underline="always" to="/settings/audit?action=audit.restore_accepted">
              {words.showEntry(a.seq)}
            </Anchor>
          </Group>
        </Alert>
      ))}
    </Stack>
  );
}

function Verdict({ state }: { state: AuditState }) {
  const t = useText();
  const words = t.audit.verification;
  const v = verificationOf(state);
  if (v.level === 'empty') return <Text size="sm">{words.empty}</Text>;
  if (v.level === 'pending') {
    return (
      <Text size="sm">
        <Text span fw={600}>
          {words.notYet}
        </Text>
        {` · ${words.notYetText}`}
      </Text>
    );
  }
  return (
    <Stack gap={2}>
      <Group gap="0 var(--mantine-spacing-xs)">
        <Text size="sm" fw={600} display="inline-flex" style={{ alignItems: 'center', gap: 8 }}>
          <Icon name="shield" color="var(--mantine-color-green-6)" />
          {words.verifiedTo(v.to)}
        </Text>
        <Text size="sm" c="dimmed" component="span">
          {words.checked} <When at={state.verifiedAt} />
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {[words.all, v.newer > 0 ? words.newer(v.newer) : '', v.unanchoredSince === 0 && !state.headsUnreadable ? words.anchored(state.anchoredTo) : ''].filter(Boolean).join(' ')}
      </Text>
    </Stack>
  );
}

function Problem({ state }: { state: AuditState }) {
  const t = useText();
  const words = t.audit.verification;
  return (
    <Alert role="alert" color="red" title={words.problem} icon={<Icon name="alert" />}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {state.problem}
      </Text>
      <Text size="sm" mt={4} fw={500}>
        {words.problemFix}
      </Text>
      <Text size="sm" mt={4}>
        {state.verifiedTo > 0 ? words.verifiedToBefore(state.verifiedTo) : words.notYet}
        {' · '}
        {words.checked} <When at={state.verifiedAt} />
      </Text>
    </Alert>
  );
}
