import { Alert, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from 'react-router';
import { useText } from '../../text';
import { Icon, Problem, Sentence, When } from '../../ui';
import type { Guide } from '../guide';
import { CheckOutcome } from '../parts/CheckOutcome';
import { useCheck } from '../queries';
import { reviewed } from '../review';
import type { Attention, Card } from '../types';
import { AttentionButton } from './AttentionButton';

// AttentionStrip is what is broken: since when, what it affects, and what to do.
export function AttentionStrip({ cards, guide }: { cards: readonly Card[]; guide: Guide }) {
  const t = useText().integrations.attention;
  const broken = cards.flatMap((card) => (card.attention ? [{ card, attention: card.attention }] : []));
  if (broken.length === 0) return null;
  return (
    <Alert component="section" role="region" color="red" title={t.title} aria-label={t.title} icon={<Icon name="alert" />}>
      <Stack component="ul" gap="md" m={0} p={0} style={{ listStyle: 'none' }}>
        {broken.map(({ card, attention }) => (
          <Item key={card.slug} card={card} attention={attention} guide={guide} />
        ))}
      </Stack>
    </Alert>
  );
}

function Item({ card, attention, guide }: { card: Card; attention: Attention; guide: Guide }) {
  const t = useText().integrations;
  const words = t.attention;
  const check = useCheck();
  const test = () =>
    check.mutate(card.slug, {
      // The line goes with what was wrong.
      onSuccess: ({ ok }) => ok && notifications.show({ color: 'green', title: t.check.outcomeOf(card.name), message: t.check.passed }),
    });
  return (
    <Stack component="li" gap={6}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ flex: '1 1 16rem', minWidth: 0 }}>
          <Text size="sm" fw={600}>
            <Link to={`/settings/integrations/${card.slug}#guidance`} onClick={() => reviewed(card, 'opened_guidance')} style={{ color: 'inherit' }}>
              {card.name}
            </Link>
            : {attention.title}
          </Text>
          <Text size="sm" component="div">
            {words.since} <When at={attention.since} />. {attention.affects.length > 0 && words.affects(attention.affects.join(', '))}
          </Text>
          <Text size="sm">
            <Sentence text={attention.cause} />
          </Text>
        </div>
        <AttentionButton card={card} attention={attention} guide={guide} testing={check.isPending} onTest={test} />
      </Group>
      <Problem error={check.error} onRetry={test} retrying={check.isPending} />
      {(check.isPending || check.data) && <CheckOutcome name={card.name} result={check.data} onDismiss={check.reset} />}
    </Stack>
  );
}
