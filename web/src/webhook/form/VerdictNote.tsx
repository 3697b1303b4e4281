import { Alert, Box, Button, Group, Loader, Text } from '@mantine/core';
import type { Dispatch, ReactNode } from 'react';
import { useText } from '../../text';
import { Icon, Problem } from '../../ui';
import type { Flow, FlowEvent, Verdict } from './flow';

interface Props {
  flow: Flow;
  dispatch: Dispatch<FlowEvent>;
  waiting: boolean;
  hints: string[]; // odd, but no mistake; empty ones are passed over
}

// The height of a line with a button: what is below does not jump when a check
// begins or ends. It is there from the first letter on.
const line = 34;

// VerdictNote says how the check of the URL stands. Progress is told politely,
// a failure at once.
export function VerdictNote({ flow, dispatch, waiting, hints }: Props) {
  const t = useText().webhook.form;
  const { check } = flow;
  const retry = () => dispatch({ type: 'retried' });
  if (check.phase === 'unjudged') return <Problem error={check.error} onRetry={retry} />;
  if (check.phase === 'malformed' || check.phase === 'unreachable') {
    const receiver = flow.format !== 'standard' ? 'chat' : flow.base === null ? 'added' : 'edited';
    return <Failure verdict={check.verdict} receiver={receiver} onRetry={check.phase === 'unreachable' ? retry : undefined} />;
  }
  if (flow.missing === 'url') {
    return (
      <Text size="sm" c="red" role="alert">
        {t.urlMissing}
      </Text>
    );
  }
  return (
    <Box role="status" mih={check.phase === 'empty' || check.phase === 'unchanged' ? 0 : line}>
      <Progress flow={flow} dispatch={dispatch} waiting={waiting} />
      {hints.filter(Boolean).map((hint) => (
        <Text key={hint} size="sm" c="dimmed">
          {hint}
        </Text>
      ))}
    </Box>
  );
}

function Progress({ flow, dispatch, waiting }: Omit<Props, 'hints'>) {
  const t = useText().webhook.form;
  const { check } = flow;
  switch (check.phase) {
    case 'wellFormed':
      if (flow.off) return <Line>{t.wellFormedOff}</Line>;
      return (
        <Line
          action={
            <Button size="compact-sm" variant="default" onClick={() => dispatch({ type: 'left' })}>
              {t.check}
            </Button>
          }
        >
          {check.cancelled ? t.cancelled : t.wellFormed}
        </Line>
      );
    case 'reaching':
      return (
        <Line
          mark={<Loader size="xs" aria-hidden />}
          action={
            <Button size="compact-sm" variant="default" onClick={() => dispatch({ type: 'cancelled' })}>
              {t.cancelCheck}
            </Button>
          }
        >
          {waiting ? t.waitingForSecret : t.reaching}
        </Line>
      );
    case 'reached':
      return (
        <Line mark={<Icon name="check" color="var(--mantine-color-green-text)" />}>
          {t.reached(check.verdict.durationMs)}
        </Line>
      );
    default:
      return null;
  }
}

function Line({ mark, action, children }: { mark?: ReactNode; action?: ReactNode; children: ReactNode }) {
  return (
    <Group gap="xs" mih={line} wrap="nowrap">
      {mark}
      <Text size="sm" c="dimmed">
        {children}
      </Text>
      {action && <Box style={{ flexShrink: 0 }}>{action}</Box>}
    </Group>
  );
}

interface FailureProps {
  verdict: Verdict;
  receiver: 'added' | 'edited' | 'chat';
  onRetry?: () => void;
}

// Failure is the message, the exact cause under it, and the way out.
function Failure({ verdict, receiver, onRetry }: FailureProps) {
  const t = useText().webhook.form;
  return (
    <Alert color="red" role="alert" p="xs" title={verdict.message} icon={<Icon name="alert" />}>
      <Text size="sm">{verdict.detail}</Text>
      <Text size="sm" fw={500} mt={4}>
        {t.guidance(verdict.cause, verdict.detail, receiver)}
      </Text>
      {onRetry && (
        <Button mt={6} size="compact-sm" variant="default" onClick={onRetry}>
          {t.retry}
        </Button>
      )}
    </Alert>
  );
}
