import { Alert, Anchor, CloseButton, Group, Loader, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { Schemas } from '../../api';
import { useText } from '../../text';
import type { Webhook } from '../queries';

interface Props {
  result: Schemas['TestResult'] | undefined; // none while it is under way
  webhook: Webhook;
  onDismiss: () => void;
}

// TestOutcome is what came of a test event, where the test was asked for.
export function TestOutcome({ result, webhook, onDismiss }: Props) {
  const t = useText();
  const words = t.webhook.tested;
  if (!result) {
    return (
      <Group gap="xs" role="status">
        <Loader size="xs" aria-hidden />
        <Text size="sm">{words.running}</Text>
      </Group>
    );
  }
  const facts = [
    [words.status, result.status ?? words.noStatus],
    [words.time, t.webhook.duration(result.timing.totalMs)],
    [words.class, result.ok ? words.success : (t.webhook.causes[result.cause ?? ''] ?? result.cause)],
  ] as const;
  return (
    <Alert color={result.ok ? 'green' : 'red'} p="xs" role="status" aria-label={words.title(webhook.url)}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="xs">
        <div>
          <Text size="sm" fw={600}>
            {result.ok ? words.passed : result.message || words.failed}
          </Text>
          {result.detail && <Text size="sm">{result.detail}</Text>}
          {result.guidance && (
            <Text size="sm" fw={500}>
              {result.guidance}
            </Text>
          )}
        </div>
        <CloseButton size="sm" onClick={onDismiss} aria-label={words.dismiss} />
      </Group>
      <Group component="dl" gap="md" m={0} mt={6}>
        {facts.map(([name, value]) => (
          <Group key={name} gap={6}>
            <Text component="dt" size="sm" c="dimmed">
              {name}
            </Text>
            <Text component="dd" size="sm" m={0}>
              {value}
            </Text>
          </Group>
        ))}
      </Group>
      <Anchor component={Link} to={`/settings/webhooks/${webhook.id}/test`} size="sm" c="inherit" underline="always">
        {words.more}
      </Anchor>
    </Alert>
  );
}
