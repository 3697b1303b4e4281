import { Badge, Button, Card, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useDeliveryLink } from '../delivery/link';
import { RetryButton } from '../delivery/RetryButton';
import { useSession } from '../session';
import { useText } from '../text';
import { Address, Icon, useNow } from '../ui';
import { useWebhooks } from '../webhook/queries';
import type { Event, Fate } from './queries';
import { labelOf, stepOf, whyOf, type Step } from './why';

const quiet = 'gray.6'; // seen on both backgrounds

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
  const webhooks = useWebhooks();
  const webhook = webhooks.data?.activeWebhooks.find((w) => w.id === fate.webhookId);
  const on = webhook && webhook.status !== 'off' && webhook.status !== 'disabled';
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

function NextStep({ step, event, fate, onReplay }: Props & { step: Step }) {
  const t = useText();
  const words = t.event.step;
  const link = useDeliveryLink();
  const webhook = `/settings/webhooks/${fate.webhookId}`;
  switch (step) {
    case 'ask':
      return (
        <Text size="sm" fw={500}>
          {words.ask}
        </Text>
      );
    case 'retry':
      return fate.deliveryId ? <RetryButton delivery={{ ...fate, id: fate.deliveryId, eventType: event.type, state: stateOf(fate) }} /> : null;
    case 'replay':
      return (
        <Button variant="default" size="xs" leftSection={<Icon name="refresh" />} onClick={onReplay}>
          {words.replay}
        </Button>
      );
    case 'add':
      return (
        <Button variant="default" size="xs" component={Link} to="/settings/integrations?webhooks=add">
          {words.add}
        </Button>
      );
    case 'open':
      return fate.deliveryId ? (
        <Button variant="default" size="xs" component={Link} {...link(fate.deliveryId)} preventScrollReset>
          {words.open}
        </Button>
      ) : null;
    default:
      return (
        <Button variant="default" size="xs" component={Link} to={webhook}>
          {words[step]}
        </Button>
      );
  }
}

// stateOf is the delivery's own state.
function stateOf(fate: Fate) {
  switch (fate.state) {
    case 'waiting':
    case 'not_subscribed':
    case 'not_kept':
      return 'pending';
    default:
      return fate.state;
  }
}
