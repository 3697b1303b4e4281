import { Anchor, Badge, Button, Card, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useSession } from '../session';
import { useText } from '../text';
import { Address } from '../ui';
import { quiet } from './FateRow';
import { NextStep } from './NextStep';
import classes from './NotSubscribed.module.css';
import type { Event, Fate } from './queries';
import { useIsOn } from './useIsOn';
import { missedOf, stepOf, type Step } from './why';

interface Props {
  event: Event;
  fates: Fate[];
  onReplay: (fate: Fate) => void;
}

interface Missed {
  fate: Fate;
  step: Step;
}

// NotSubscribed lists the webhooks that did not want the event: a line each, under
// why, since that is mostly as it should be.
export function NotSubscribed({ event, fates, onReplay }: Props) {
  const t = useText();
  const mayReplay = useSession().can('delivery.replay');
  const isOn = useIsOn();
  const causes = [...new Set(fates.map((fate) => fate.cause))];
  return (
    <Card withBorder padding="sm" mt="sm">
      <Stack gap="xs">
        <Badge variant="dot" color={quiet} tt="none" fw={500} style={{ alignSelf: 'flex-start' }}>
          {t.event.fate.state.not_subscribed}
        </Badge>
        {causes.map((cause) => {
          const all = fates.filter((fate) => fate.cause === cause).map((fate) => ({ fate, step: stepOf(fate, isOn(fate.webhookId), mayReplay) }));
          return <Cause key={cause} event={event} all={all} why={missedOf(cause, event.type, all.length, t)} onReplay={onReplay} />;
        })}
      </Stack>
    </Card>
  );
}

interface CauseProps {
  event: Event;
  all: Missed[];
  why: string;
  onReplay: (fate: Fate) => void;
}

const most = 8; // are shown, until all are asked for

// Cause is one reason why, and the webhooks that it holds for.
function Cause({ event, all, why, onReplay }: CauseProps) {
  const t = useText();
  const words = t.event.missed;
  const [open, setOpen] = useState(false);
  const shown = open ? all : all.slice(0, most);
  return (
    <div>
      <Text size="sm">{why}</Text>
      <ul className={classes.list} aria-label={why}>
        {shown.map(({ fate, step }) => (
          <li key={fate.webhookId} className={classes.line}>
            <Which fate={fate} />
            {step !== 'ask' && <NextStep step={step} event={event} fate={fate} onReplay={() => onReplay(fate)} />}
          </li>
        ))}
      </ul>
      {shown.length < all.length && (
        <Button size="compact-sm" variant="subtle" onClick={() => setOpen(true)}>
          {words.showAll(all.length)}
        </Button>
      )}
      {all.some(({ step }) => step === 'subscribe') && (
        <Text size="sm" c="dimmed">
          {words.subscribe(event.type, all.length)}
        </Text>
      )}
      {all.some(({ step }) => step === 'ask') && (
        <Text size="sm" c="dimmed">
          {words.ask}
        </Text>
      )}
    </div>
  );
}

function Which({ fate }: { fate: Fate }) {
  const t = useText();
  if (fate.deleted) {
    return (
      <Text size="sm" className={classes.which}>
        <Address url={fate.webhookUrl} /> ({t.event.fate.deletedWebhook})
      </Text>
    );
  }
  return (
    <Anchor component={Link} to={`/settings/webhooks/${fate.webhookId}`} size="sm" className={classes.which}>
      <Address url={fate.webhookUrl} />
    </Anchor>
  );
}
