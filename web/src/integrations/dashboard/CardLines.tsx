import { Group, Text } from '@mantine/core';
import { useText } from '../../text';
import { reasonOf } from '../../text';
import { When } from '../../ui';
import { HealthWord, StatusWord } from '../parts/StatusWord';
import type { Card } from '../types';
import { isConnected } from './filter';

// CardLines is how an integration stands: its word, its health, its last sync.
export function CardLines({ card }: { card: Card }) {
  const t = useText();
  const words = t.integrations;
  const { status, statusBy, statusReason, statusSince } = card;
  return (
    <>
      <Group gap="xs">
        <StatusWord status={status} />
        {status === 'Paused' && (
          <Text size="sm" c="dimmed" component="span" style={{ overflowWrap: 'anywhere' }}>
            {statusBy ? words.paused(statusBy) : words.pausedUnknown} {statusSince && <When at={statusSince} />}
            {statusReason && ` (${reasonOf(statusReason, t)})`}
          </Text>
        )}
        {status === 'Connecting' && statusBy && (
          <Text size="sm" c="dimmed" component="span" style={{ overflowWrap: 'anywhere' }}>
            {words.connectingBy(statusBy)}
          </Text>
        )}
      </Group>
      {isConnected(card) && (
        <Group gap={6}>
          <HealthWord status={card.health?.status} />
          {card.health?.checked && (
            <Text size="sm" c="dimmed" component="span">
              {words.checked} <When at={card.health.checked} />
            </Text>
          )}
        </Group>
      )}
      {isConnected(card) && card.syncs && (
        <Text size="sm" c="dimmed" component="div">
          {card.syncing ? (
            words.syncing
          ) : card.lastSync ? (
            <>
              {words.lastSync} <When at={card.lastSync} />
            </>
          ) : (
            words.neverSynced
          )}
        </Text>
      )}
    </>
  );
}
