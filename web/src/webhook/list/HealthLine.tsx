import { Group, Text } from '@mantine/core';
import { reasonOf, useText } from '../../text';
import { StatusBadge, When } from '../../ui';
import type { Webhook } from '../queries';
import { Failures } from './Failures';

// HealthLine says how a webhook is: its status, and since when or why.
export function HealthLine({ webhook }: { webhook: Webhook }) {
  return (
    <Group gap={6} miw={0}>
      <StatusBadge status={webhook.status} />
      <Text component="span" size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        <Words webhook={webhook} />
      </Text>
    </Group>
  );
}

function Words({ webhook }: { webhook: Webhook }) {
  const all = useText();
  const t = all.webhook;
  const { health, statusReason = '' } = webhook;
  const words = t.health;
  switch (webhook.status) {
    case 'off':
      return (
        <>
          {words.switchedOff} <When at={webhook.statusSince} />
          {webhook.statusBy && ` ${words.by(webhook.statusBy)}`}
          {statusReason && `: ${reasonOf(statusReason, all)}`}
        </>
      );
    case 'disabled':
      return (
        <>
          {words.disabled} <When at={webhook.statusSince} />
          {statusReason && `: ${words.reasons[statusReason] ?? statusReason}`}
        </>
      );
    case 'failing':
      if (health.failures > 0) return <Failures health={health} />;
      return (
        <>
          {words.checkFailed} <When at={health.lastCheck?.at} />: {health.lastCheck?.detail ?? health.lastCheck?.message}
        </>
      );
    default:
      if (health.lastSuccess) {
        return (
          <>
            {words.lastSuccess} <When at={health.lastSuccess} />
          </>
        );
      }
      if (health.lastCheck?.ok) {
        return (
          <>
            {words.checked} <When at={health.lastCheck.at} />
          </>
        );
      }
      return <>{words.none}</>;
  }
}
