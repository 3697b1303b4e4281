import { Button, Group, Text } from '@mantine/core';
import { SearchField } from '../../delivery/SearchField';
import { useText } from '../../text';
import { track } from '../../track';
import type { Card, List } from '../types';
import { categories, matching, type Category, type Filters } from './filter';

interface Props {
  list: List;
  cards: readonly Card[]; // all of them
  shown: number;
  filters: Filters;
  onChange: (part: Partial<Filters>) => void;
}

// CategoryFilter narrows the cards to a category and to words.
export function CategoryFilter({ list, cards, shown, filters, onChange }: Props) {
  const t = useText().integrations.categories;
  const countOf = (category: Category) =>
    category === 'All' ? cards.length : (list.categories.categories.find((one) => one.name === category)?.count ?? 0);
  const choose = (category: Category) => {
    if (category === filters.category) return;
    onChange({ category });
    track('category_filtered', { category_name: category, results_count: matching(cards, { ...filters, category }).length });
  };
  return (
    <>
      <Group justify="space-between" gap="sm">
        <Group role="group" aria-label={t.label} gap={6}>
          {categories.map((category) => {
            const on = category === filters.category;
            return (
              <Button
                key={category}
                size="compact-sm"
                radius="xl"
                fw={500}
                variant={on ? 'filled' : 'default'}
                aria-pressed={on}
                aria-label={category === 'All' ? t.all : t.names[category]}
                aria-description={t.counted(countOf(category))}
                onClick={() => choose(category)}
              >
                {category === 'All' ? t.all : t.names[category]}
                <Text span inherit ml={6} fw={400} aria-hidden>
                  {countOf(category)}
                </Text>
              </Button>
            );
          })}
        </Group>
        <SearchField
          aria-label={t.search}
          placeholder={t.search}
          clearLabel={t.clear}
          value={filters.text}
          onChange={(text) => onChange({ text })}
          flex="0 1 16rem"
          miw="11rem"
        />
      </Group>
      <Text size="sm" c="dimmed" role="status">
        {shown === cards.length ? t.results(shown) : t.of(shown, cards.length)}
      </Text>
    </>
  );
}
