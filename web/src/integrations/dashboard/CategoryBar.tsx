import { Alert, Button, CloseButton, Group, List, Paper, Text } from '@mantine/core';
import { useRef } from 'react';
import { useText } from '../../text';
import { useFocusAfter } from '../../ui';
import type { Card } from '../types';
import { isConnected, standing, type Category } from './filter';
import { useCategoryWork, type Work } from './useCategoryWork';

interface Props {
  category: Category;
  cards: readonly Card[]; // of the category
}

// CategoryBar says in a line how a category is, and does to all in it what else
// would be done card by card.
export function CategoryBar({ category, cards }: Props) {
  const t = useText().integrations;
  const words = t.category;
  const work = useCategoryWork();
  const line = useRef<HTMLParagraphElement>(null);
  const outcomes = work.data;
  useFocusAfter(Boolean(outcomes), line);

  const on = cards.filter((card) => isConnected(card) && card.enabled);
  const off = cards.filter((card) => isConnected(card) && !card.enabled);
  const name = t.categories.names[category] ?? category;
  const button = (what: Work, label: string, of: readonly Card[]) => (
    <Button
      size="compact-sm"
      variant="default"
      disabled={of.length === 0 || work.isPending}
      loading={work.isPending && work.variables.work === what}
      onClick={() => work.mutate({ work: what, cards: of })}
    >
      {label}
    </Button>
  );
  return (
    <Paper component="section" withBorder p="sm" aria-label={words.health(name)}>
      <Group justify="space-between" gap="sm">
        <Text ref={line} component="p" size="sm" m={0} tabIndex={-1}>
          <strong>{name}</strong> {sentence(cards, words)}
        </Text>
        <Group gap="xs">
          {button('pause', words.pause, on)}
          {button('resume', words.resume, off)}
          {button('test', words.test, [...on, ...off])}
        </Group>
      </Group>
      {outcomes && (
        <Alert mt="sm" p="xs" role="status" color={outcomes.every((one) => one.ok) ? 'green' : 'red'} aria-label={words.outcomes}>
          <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
            <List size="sm">
              {outcomes.map((one) => (
                <List.Item key={one.slug}>
                  <strong>{one.name}:</strong> {one.text}
                </List.Item>
              ))}
            </List>
            <CloseButton size="sm" aria-label={words.dismiss} onClick={work.reset} />
          </Group>
        </Alert>
      )}
    </Paper>
  );
}

function sentence(cards: readonly Card[], words: ReturnType<typeof useText>['integrations']['category']): string {
  const counts = standing(cards);
  if (counts.connected === 0) return words.none;
  const parts = (['healthy', 'broken', 'paused', 'unchecked'] as const).filter((part) => counts[part] > 0).map((part) => words.parts[part](counts[part]));
  return `${words.connected(counts.connected)}: ${parts.join(', ')}`;
}
