import { ActionIcon, Anchor, Badge, Button, Group, Paper, Stack, Switch, Text, Tooltip } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { useText } from '../../text';
import { Address, Icon, Problem, useFocusAfter } from '../../ui';
import { useTestWebhook, type Webhook } from '../queries';
import { useSwitch } from '../useSwitch';
import { DoneNote, type Done } from './DoneNote';
import { HealthLine } from './HealthLine';
import { HeldNotice } from './HeldNotice';
import { TestOutcome } from './TestOutcome';
import { WhyOff } from './WhyOff';

// A note says that a webhook was just switched, and how: what is offered then
// stays until it is answered, or put off until later.
export type Note = 'on' | 'off' | 'later' | null;

interface Props {
  webhook: Webhook;
  fresh: boolean;
  done: Done | null;
  onDone: () => void;
  note: Note;
  onNote: (note: Note) => void;
  onEdit: () => void;
  onDelete: () => void;
}

// WebhookRow is one webhook of the list, with all that can be done with it.
export function WebhookRow({ webhook, fresh, done, onDone, note, onNote, onEdit, onDelete }: Props) {
  const t = useText();
  const { turn, waits } = useSwitch(webhook.id);
  const test = useTestWebhook();
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (fresh) link.current?.focus();
  }, [fresh]);

  const change = (enabled: boolean) => {
    onNote(null);
    turn(enabled, () => onNote(enabled ? 'on' : 'off'));
  };
  const { url } = webhook;
  // Of one that was just switched on, the list does not know yet.
  const held = webhook.enabled && note !== 'later' && (webhook.hasHeld || note === 'on');
  const why = !webhook.enabled && note === 'off';
  const tested = Boolean(test.data) || test.isPending;
  useFocusAfter(done !== null, link);
  useFocusAfter(held, link);
  useFocusAfter(why, link);
  useFocusAfter(tested, link);
  return (
    <Paper component="li" withBorder p="sm" data-webhook={webhook.id}>
      <Stack gap={6}>
        <Group justify="space-between" align="flex-start" wrap="nowrap" gap="sm">
          <Anchor ref={link} component={Link} to={`/settings/webhooks/${webhook.id}`} fw={600} miw={0} style={{ overflowWrap: 'anywhere' }}>
            <Address url={url} />
          </Anchor>
          <Group gap="xs" wrap="nowrap" style={{ flexShrink: 0 }}>
            <Switch
              checked={webhook.enabled}
              onChange={(event) => change(event.currentTarget.checked)}
              aria-label={t.webhook.toggle(url)}
              styles={{ track: { cursor: 'pointer' } }}
            />
            <Tooltip label={t.webhook.remove}>
              <ActionIcon variant="subtle" color="red" onClick={onDelete} aria-label={t.webhook.removeOf(url)}>
                <Icon name="trash" />
              </ActionIcon>
            </Tooltip>
          </Group>
        </Group>
        <DoneNote done={done} onClose={onDone} />
        {webhook.description && (
          <Text size="sm" lineClamp={2}>
            {webhook.description}
          </Text>
        )}
        <Group component="ul" gap={6} m={0} p={0} aria-label={t.webhook.events} style={{ listStyle: 'none' }}>
          {webhook.events.map((event) => (
            <Badge key={event} component="li" variant="default" tt="none" fw={500} display="inline-flex">
              {event}
            </Badge>
          ))}
        </Group>
        <Group justify="space-between" gap="xs">
          <HealthLine webhook={webhook} />
          <Group gap="xs">
            <Button size="compact-sm" variant="default" loading={test.isPending} onClick={() => test.mutate(webhook.id)} aria-label={t.webhook.testOf(url)}>
              {t.webhook.test}
            </Button>
            <Button size="compact-sm" variant="default" onClick={onEdit} aria-label={t.webhook.editOf(url)}>
              {t.webhook.edit}
            </Button>
          </Group>
        </Group>
        <Text size="sm" c="dimmed" role="status" display={waits ? undefined : 'none'}>
          {waits && `${t.webhook.switchingOff} ${t.webhook.switchingOffText}`}
        </Text>
        {why && <WhyOff id={webhook.id} onDone={() => onNote(null)} />}
        {held && <HeldNotice id={webhook.id} url={url} onDone={() => onNote('later')} />}
        <Problem error={test.error} onRetry={() => test.mutate(webhook.id)} retrying={test.isPending} />
        {tested && <TestOutcome result={test.data} webhook={webhook} onDismiss={test.reset} />}
      </Stack>
    </Paper>
  );
}
