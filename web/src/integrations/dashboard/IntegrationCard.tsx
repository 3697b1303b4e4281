import { Badge, Button, Group, Paper, Switch, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../../text';
import { track } from '../../track';
import { Problem, Sentence } from '../../ui';
import type { Guide } from '../guide';
import { CheckOutcome } from '../parts/CheckOutcome';
import { Logo } from '../parts/Logo';
import { useCheck, useSwitchIntegration } from '../queries';
import { reviewed } from '../review';
import type { Card } from '../types';
import { AttentionButton } from './AttentionButton';
import { CardLines } from './CardLines';
import { isConnected } from './filter';
import classes from './IntegrationCard.module.css';

// IntegrationCard is one integration, with what is most often done with it.
export function IntegrationCard({ card, guide }: { card: Card; guide: Guide }) {
  const t = useText().integrations;
  const { turn } = useSwitchIntegration();
  const check = useCheck();
  const { slug, name, category, description, attention } = card;
  const connected = isConnected(card);
  const clicked = () => track('integration_card_clicked', { integration_name: name, integration_status: card.status });

  const change = (enabled: boolean) => {
    if (!enabled) reviewed(card, 'paused');
    void turn(slug, enabled);
  };
  return (
    <Paper component="li" withBorder p="md" className={classes.card} data-integration={slug}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="sm">
        <Group gap="sm" wrap="nowrap" miw={0}>
          <Logo src={card.icon} />
          <div style={{ minWidth: 0 }}>
            <Title order={2} size="h5">
              <Link to={`/settings/integrations/${slug}`} className={classes.link} onClick={clicked}>
                {name}
              </Link>
            </Title>
            <Badge variant="default" tt="none" fw={500} size="sm">
              {t.categories.names[category] ?? category}
            </Badge>
          </div>
        </Group>
        {connected && (
          <Switch
            checked={card.enabled}
            onChange={(event) => change(event.currentTarget.checked)}
            aria-label={t.toggle(name)}
            styles={{ track: { cursor: 'pointer' } }}
            style={{ flexShrink: 0 }}
          />
        )}
      </Group>
      <Text size="sm">{description}</Text>
      <CardLines card={card} />
      {attention && (
        <Group gap="xs" justify="space-between" data-attention>
          <Text size="sm" flex="1 1 10rem">
            <Sentence text={attention.cause} />
          </Text>
          <AttentionButton card={card} attention={attention} guide={guide} testing={check.isPending} onTest={() => check.mutate(slug)} />
        </Group>
      )}
      <Problem error={check.error} onRetry={() => check.mutate(slug)} retrying={check.isPending} />
      {(check.isPending || check.data) && <CheckOutcome name={name} result={check.data} onDismiss={check.reset} />}
      {!connected && (
        <Group mt="auto" pt={4} justify="space-between" gap="xs">
          <ConnectButton
            card={card}
            onClick={() => {
              clicked();
              guide.open(slug);
            }}
          />
          {!card.configured && (
            <Text size="sm" c="dimmed" flex="1 1 8rem">
              {t.notConfigured}
            </Text>
          )}
        </Group>
      )}
    </Paper>
  );
}

function ConnectButton({ card, onClick }: { card: Card; onClick: () => void }) {
  const t = useText().integrations;
  const going = card.status === 'Connecting';
  return (
    <Button size="compact-sm" aria-label={going ? t.goOnOf(card.name) : t.connectOf(card.name)} onClick={onClick}>
      {going ? t.goOn : t.connect}
    </Button>
  );
}
