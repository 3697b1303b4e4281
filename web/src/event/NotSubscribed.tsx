import { Anchor, Badge, Button, Card, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useSession } from '../session';
import { useText } from '../text';
import { Address, useNow } from '../ui';
import { quiet } from './FateRow';
import { NextStep } from './NextStep';
import classes from './NotSubscribed.module.css';
import type { Event, Fate } from './queries';
import { useIsOn } from './useIsOn';
import { stepOf, whyOf } from './why';

interface Props {
  event: Event;
  fates: Fate[];
  onReplay: (fate: Fate) => void;
}

const most = 8; // are shown of a longer list, until all are asked for

// NotSubscribed lists the webhooks that did not want the event: a line each, since
// that is mostly as it should be.
export function NotSubscribed({ event, fates, onReplay }: Props) {
  const t = useText();
  const words = t.event.missed;
  const now = new Date(useNow());
  const mayReplay = useSession().can('delivery.replay');
  const isOn = useIsOn();
  const [all, setAll] = useState(false);
  const lines = fates.map((fate) => ({ fate, step: stepOf(fate, isOn(fate.webhookId), mayReplay) }));
  const subscribable = lines.filter(({ step }) => step === 'subscribe').length;
  const shown = all || lines.length <= most ? lines : lines.slice(0, most);
  return (
    <Card withBorder padding="sm" mt="sm">
      <Group gap="xs">
        <Badge variant="dot" color={quiet} tt="none" fw={500}>
          {t.event.fate.state.not_subscribed}
        </Badge>
        <Text size="sm">{words.text(fates.length)}</Text>
      </Group>
      <ul className={classes.list} aria-label={t.event.fate.state.not_subscribed}>
        {shown.map(({ fate, step }) => (
          <li key={fate.webhookId} className={classes.line}>
            <div className={classes.which}>
              {fate.deleted ? (
                <Text size="sm">
                  <Address url={fate.webhookUrl} /> ({t.event.fate.deletedWebhook})
                </Text>
              ) : (
                <Anchor component={Link} to={`/settings/webhooks/${fate.webhookId}`} size="sm">
                  <Address url={fate.webhookUrl} />
                </Anchor>
              )}
              <Text size="xs" c="dimmed">
                {whyOf(fate, event.type, now, t)}
              </Text>
            </div>
            {step !== 'ask' && <NextStep step={step} event={event} fate={fate} onReplay={() => onReplay(fate)} />}
          </li>
        ))}
      </ul>
      {shown.length < lines.length && (
        <Button size="compact-sm" variant="subtle" mt="xs" onClick={() => setAll(true)}>
          {words.showAll(lines.length)}
        </Button>
      )}
      {subscribable > 0 && (
        <Text size="sm" mt="xs">
          {words.subscribe(event.type, subscribable)}
        </Text>
      )}
      {lines.some(({ step }) => step === 'ask') && (
        <Text size="sm" mt="xs">
          {words.ask}
        </Text>
      )}
    </Card>
  );
}
