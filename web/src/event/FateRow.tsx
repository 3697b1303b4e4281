import { Badge, Card, Group, Stack, Text } from '@mantine/core';
import { useSession } from '../session';
import { useText } from '../text';
import { Address, useNow } from '../ui';
import { NextStep } from './NextStep';
import type { Event, Fate } from './queries';
import { useIsOn } from './useIsOn';
import { labelOf, stepOf, whyOf } from './why';

export const quiet = 'gray.6'; // seen on both backgrounds

const colors: Record<Fate['state'], string> = {
  delivered: 'green',
  waiting: 'blue',
  held: 'yellow',
  failed: 'red',
  discarded: quiet,
  not_subscribed: quiet,
  not_kept: quiet,
};

interface Props {
  event: Event;
  fate: Fate;
  onReplay: () => void; // asks on the page: the row goes when it has helped
}

// FateRow says what became of an event at one webhook, why, and the one thing to
// do next.
export function FateRow({ event, fate, onReplay }: Props) {
  const t = useText();
  const { can } = useSession();
  const now = new Date(useNow());
  const on = useIsOn()(fate.webhookId);
  return (
    <Card component="li" withBorder padding="sm">
      <Stack gap="xs" align="flex-start">
        <Group gap="xs" maw="100%">
          <Badge variant="dot" color={colors[fate.state]} tt="none" fw={500}>
            {labelOf(fate, t)}
          </Badge>
          <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }} miw={0}>
            <Address url={fate.webhookUrl} />
          </Text>
          {fate.deleted && (
            <Text size="sm" c="dimmed">
              ({t.event.fate.deletedWebhook})
            </Text>
          )}
        </Group>
        <Text size="sm">{whyOf(fate, event.type, now, t)}</Text>
        {fate.guidance && (
          <Text size="sm" c="dimmed">
            {fate.guidance}
          </Text>
        )}
        <NextStep step={stepOf(fate, on, can('delivery.replay'))} event={event} fate={fate} onReplay={onReplay} />
      </Stack>
    </Card>
  );
}
