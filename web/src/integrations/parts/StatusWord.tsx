import { Badge } from '@mantine/core';
import { useText } from '../../text';
import type { HealthStatus, Status } from '../types';

const colors: Record<Status, string> = {
  Connected: 'green',
  Paused: 'gray.6', // seen on both backgrounds
  Error: 'red',
  'Reconnect needed': 'orange',
  Available: 'blue',
  Connecting: 'blue',
};

// StatusWord is the word of a card. The word carries the meaning; the dot's colour
// only helps.
export function StatusWord({ status }: { status: Status }) {
  const t = useText().integrations;
  return (
    <Badge variant="dot" color={colors[status]} tt="none" fw={500} style={{ flexShrink: 0 }}>
      {t.status[status] ?? status}
    </Badge>
  );
}

const healthColors: Record<HealthStatus, string> = { healthy: 'green', degraded: 'yellow', error: 'red', reauthorize: 'orange' };

// HealthWord is how a connection is, as its last checks found.
export function HealthWord({ status }: { status: HealthStatus | undefined }) {
  const t = useText().integrations.health;
  const word = status ?? 'unchecked';
  return (
    <Badge variant="dot" color={status ? healthColors[status] : 'gray.6'} tt="none" fw={500} size="sm" style={{ flexShrink: 0 }}>
      {t[word] ?? word}
    </Badge>
  );
}
