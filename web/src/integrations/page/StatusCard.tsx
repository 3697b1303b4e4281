import { Alert, Button, Group, Stack, Switch, Text } from '@mantine/core';
import { reasonOf, useText } from '../../text';
import { Icon, Problem, When } from '../../ui';
import { Facts } from '../../system/Part';
import { Section } from '../../webhook/page/Section';
import { isConnected } from '../dashboard/filter';
import type { Guide } from '../guide';
import { GuidanceText } from '../parts/GuidanceText';
import { HealthWord, StatusWord } from '../parts/StatusWord';
import { useSwitchIntegration } from '../queries';
import type { Action } from '../review';
import type { Detail } from '../types';

interface Props {
  detail: Detail;
  guide: Guide;
  checking: boolean;
  onCheck: () => void;
  onReview: (action: Action) => void;
}

// StatusCard says how the integration stands, since when and by whom, what is
// wrong and what to do, and switches it.
export function StatusCard({ detail, guide, checking, onCheck, onReview }: Props) {
  const t = useText();
  const words = t.integrationPage.status;
  const { turn, error } = useSwitchIntegration();
  const { slug, name, status, attention } = detail;
  const connected = isConnected(detail);
  const change = (enabled: boolean) => {
    if (!enabled) onReview('paused');
    void turn(slug, enabled);
  };
  const reconnect = () => {
    onReview('reconnected');
    guide.open(slug, 'signin');
  };
  return (
    <Section title={words.title} actions={<Actions detail={detail} guide={guide} onReconnect={reconnect} />}>
      <Stack gap="sm">
        <Group gap="sm">
          {connected && (
            <Switch
              checked={detail.enabled}
              onChange={(event) => change(event.currentTarget.checked)}
              label={t.integrations.toggle(name)}
              styles={{ track: { cursor: 'pointer' }, label: { cursor: 'pointer' } }}
            />
          )}
          <StatusWord status={status} />
        </Group>
        {connected || status === 'Connecting' ? <Standing detail={detail} /> : <Text size="sm">{words.notConnected}</Text>}
        {attention && (
          <Alert color={attention.affects.length === 0 && status === 'Connected' ? 'yellow' : 'red'} id="guidance" tabIndex={-1} title={attention.title} icon={<Icon name="alert" />} aria-label={words.guidance}>
            <Stack gap="xs" align="flex-start">
              <Text size="sm" component="div">
                {t.integrations.attention.since} <When at={attention.since} />. {attention.affects.length > 0 && t.integrations.attention.affects(attention.affects.join(', '))}
              </Text>
              <GuidanceText guidance={attention} />
              <Group gap="xs">
                {attention.action === 'reconnect' && <Button onClick={reconnect}>{t.integrations.attention.actions.reconnect}</Button>}
                {attention.action === 'setup' && <Button onClick={() => guide.open(slug, 'setup')}>{t.integrations.attention.actions.setup}</Button>}
                <Button variant="default" loading={checking} onClick={onCheck}>
                  {words.verify}
                </Button>
              </Group>
            </Stack>
          </Alert>
        )}
        <Problem error={error} />
      </Stack>
    </Section>
  );
}

type ActionsProps = Pick<Props, 'detail' | 'guide'> & { onReconnect: () => void };

function Actions({ detail, guide, onReconnect }: ActionsProps) {
  const t = useText().integrations;
  if (detail.status === 'Connecting') return <Button onClick={() => guide.open(detail.slug, 'signin')}>{t.goOn}</Button>;
  if (!isConnected(detail)) {
    return <Button onClick={() => guide.open(detail.slug)}>{t.connect}</Button>;
  }
  if (detail.attention?.action === 'reconnect') return null; // it stands with what is wrong
  return (
    <Button variant="default" leftSection={<Icon name="refresh" />} onClick={onReconnect}>
      {t.attention.actions.reconnect}
    </Button>
  );
}

function Standing({ detail }: { detail: Detail }) {
  const t = useText();
  const words = t.integrationPage.status;
  const { account, accountId, health, statusSince, statusBy, statusReason, connectedAt, connectedBy, usage } = detail;
  const facts: [string, React.ReactNode][] = [];
  if (account) facts.push([words.account, accountId && !account.includes(accountId) ? `${account} (${accountId})` : account]);
  if (connectedAt) {
    facts.push([
      words.connected,
      <>
        <When at={connectedAt} /> {connectedBy && words.by(connectedBy)}
      </>,
    ]);
  }
  if (statusSince) {
    facts.push([
      words.since,
      <>
        <When at={statusSince} /> {statusBy && words.by(statusBy)}
        {statusReason && <div>{words.reason(reasonOf(statusReason, t))}</div>}
      </>,
    ]);
  }
  if (isConnected(detail)) {
    facts.push([words.health, <HealthWord key="health" status={health?.status} />]);
    facts.push([
      words.lastCheck,
      <>
        {health?.checked ? <When at={health.checked} /> : t.integrations.health.unchecked}. {words.every(t.integrations.interval(detail.checkEverySeconds * 1_000))}.
      </>,
    ]);
    if (health?.called && health.called !== health.checked) facts.push([words.lastCall, <When key="called" at={health.called} />]);
    if (detail.accessEnds) {
      facts.push([
        words.ends,
        <>
          <When at={detail.accessEnds} />
          {detail.accessEndsAssumed === true && <div>{words.endsAssumed}</div>}
        </>,
      ]);
    }
    if (usage) {
      facts.push([
        usage.label,
        <>
          {words.used(usage.used, usage.limit)} (<When at={usage.readAt} />)
        </>,
      ]);
    }
    if (health?.lastOk && health.status !== 'healthy') facts.push([words.lastOk, <When key="ok" at={health.lastOk} />]);
    if (health?.detail && health.status !== 'healthy') facts.push([words.details, health.code ? `${health.detail} (${health.code})` : health.detail]);
  }
  return <Facts facts={facts} />;
}
