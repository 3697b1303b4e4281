import { Button, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useDeliveryLink } from '../delivery/link';
import { RetryButton } from '../delivery/RetryButton';
import { useText } from '../text';
import { Icon } from '../ui';
import type { Event, Fate } from './queries';
import type { Step } from './why';

interface Props {
  step: Step;
  event: Event;
  fate: Fate;
  onReplay: () => void;
}

// NextStep is the one thing to do about what became of an event at a webhook.
export function NextStep({ step, event, fate, onReplay }: Props) {
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
    case 'subscribe':
      return null; // the list says it once, of all its webhooks
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
