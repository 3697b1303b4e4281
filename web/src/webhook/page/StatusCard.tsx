import { Button, Group, Stack, Switch, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import { Link } from 'react-router';
import { useText } from '../../text';
import { Icon, Problem, StatusBadge, useFocusAfter, When } from '../../ui';
import { Failures } from '../list/Failures';
import { TestOutcome } from '../list/TestOutcome';
import { WhyOff } from '../list/WhyOff';
import { useTestWebhook, type Webhook } from '../queries';
import { useSwitch } from '../useSwitch';
import { Section } from './Section';
import { nextStep, ruleTime } from './status';

// StatusCard says how the webhook stands, since when and by whom, and what to do
// next; it switches and tests it.
export function StatusCard({ webhook }: { webhook: Webhook }) {
  const t = useText();
  const words = t.webhookPage;
  const { turn, waits } = useSwitch(webhook.id);
  const test = useTestWebhook();
  const [asking, setAsking] = useState(false);
  const toggle = useRef<HTMLInputElement>(null);
  const why = asking && !webhook.enabled;
  const tested = Boolean(test.data) || test.isPending;
  useFocusAfter(why, toggle);
  useFocusAfter(tested, toggle);

  const change = (enabled: boolean) => {
    setAsking(false);
    turn(enabled, () => setAsking(!enabled));
  };
  const actions = (
    <>
      <Button variant="default" leftSection={<Icon name="bolt" />} loading={test.isPending} onClick={() => test.mutate(webhook.id)}>
        {words.test.send}
      </Button>
      <Button variant="default" component={Link} to={`/settings/webhooks/${encodeURIComponent(webhook.id)}/test`}>
        {words.test.open}
      </Button>
    </>
  );
  return (
    <Section title={words.status.title} actions={actions}>
      <Stack gap="sm">
        <Group gap="sm">
          <Switch
            ref={toggle}
            checked={webhook.enabled}
            onChange={(event) => change(event.currentTarget.checked)}
            label={words.status.enabled}
            styles={{ track: { cursor: 'pointer' }, label: { cursor: 'pointer' } }}
          />
          <StatusBadge status={webhook.status} />
        </Group>
        {waits && (
          <Text size="sm" c="dimmed" role="status">
            {t.webhook.switchingOff} {t.webhook.switchingOffText}
          </Text>
        )}
        <Since webhook={webhook} />
        <Text size="sm">{nextStep(webhook, words.status.next)}</Text>
        <Health webhook={webhook} />
        {why && <WhyOff id={webhook.id} onDone={() => setAsking(false)} />}
        <Problem error={test.error} onRetry={() => test.mutate(webhook.id)} retrying={test.isPending} />
        {tested && <TestOutcome result={test.data} webhook={webhook} onDismiss={test.reset} />}
      </Stack>
    </Section>
  );
}

// Since says since when it is so, by whom or by a rule, and why.
function Since({ webhook }: { webhook: Webhook }) {
  const t = useText().webhookPage.status;
  const { status, statusBy, statusReason } = webhook;
  const by = status === 'disabled' ? t.byRule : statusBy ? t.by(statusBy) : '';
  return (
    <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
      {t.since[status]} <When at={webhook.statusSince} /> {by}
      {statusReason && <div>{t.reason(statusReason)}</div>}
    </Text>
  );
}

// Health is what the endpoint answered last.
function Health({ webhook }: { webhook: Webhook }) {
  const t = useText().webhookPage.status;
  const { failures, lastSuccess, lastCheck } = webhook.health;
  const rule = ruleTime(webhook);
  return (
    <Stack gap={2}>
      {failures > 0 && (
        <Text size="sm" component="div">
          <Failures health={webhook.health} />.
        </Text>
      )}
      {rule && <Text size="sm">{t.ruleAt(rule)}</Text>}
      <Text size="sm" c="dimmed" component="div">
        {t.lastSuccess}: {lastSuccess ? <When at={lastSuccess} /> : t.never}
      </Text>
      {lastCheck && (
        <Text size="sm" c="dimmed" component="div" style={{ overflowWrap: 'anywhere' }}>
          {t.lastCheck}: <When at={lastCheck.at} /> {t.check[lastCheck.kind]}: {lastCheck.ok ? t.checkOk : (lastCheck.detail ?? lastCheck.message)}
        </Text>
      )}
    </Stack>
  );
}
