import { Button, Skeleton, Stack } from '@mantine/core';
import { useMemo, useRef } from 'react';
import { useFilters } from '../../delivery/useFilters';
import { useText } from '../../text';
import { useTracked } from '../../track';
import { Empty, Problem, useFocusAfter } from '../../ui';
import type { Guide } from '../guide';
import { useIntegrations } from '../queries';
import type { Card, List } from '../types';
import { AttentionStrip } from './AttentionStrip';
import { CategoryBar } from './CategoryBar';
import { CategoryFilter } from './CategoryFilter';
import { Counters } from './Counters';
import { cardsOf, filters as kind, matching } from './filter';
import { IntegrationCard } from './IntegrationCard';
import classes from './IntegrationCard.module.css';

// Dashboard is every integration at a glance.
export function Dashboard({ guide }: { guide: Guide }) {
  const t = useText().integrations;
  const query = useIntegrations();
  const list = query.data;
  const known = list !== undefined;
  const [connected, available] = [list?.connected.count ?? 0, list?.available.count ?? 0];
  const viewed = useMemo(() => (known ? { connected_count: connected, available_count: available } : null), [known, connected, available]);
  useTracked('integration_dashboard_viewed', viewed);
  const cards = useMemo(() => (list ? cardsOf(list) : []), [list]);
  const top = useRef<HTMLDivElement>(null);
  useFocusAfter(cards.some((card) => card.attention), top);

  return (
    <Stack ref={top} role="group" gap="md" aria-label={t.overview} tabIndex={-1} style={{ outline: 'none' }}>
      <AttentionStrip cards={cards} guide={guide} />
      <Counters list={list} />
      <Problem error={list ? null : query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />
      {query.isPending && (
        <div className={classes.grid} aria-hidden>
          {[1, 2, 3].map((n) => (
            <Skeleton key={n} height={160} />
          ))}
        </div>
      )}
      {list && <Cards list={list} cards={cards} guide={guide} />}
    </Stack>
  );
}

function Cards({ list, cards, guide }: { list: List; cards: readonly Card[]; guide: Guide }) {
  const t = useText().integrations;
  const { filters, change } = useFilters(kind);
  const shown = matching(cards, filters);
  const all = () => change({ category: 'All', text: '' });
  return (
    <>
      <CategoryFilter list={list} cards={cards} shown={shown.length} filters={filters} onChange={change} />
      {filters.category !== 'All' && filters.category !== 'Custom' && (
        <CategoryBar key={filters.category} category={filters.category} cards={matching(cards, { ...filters, text: '' })} />
      )}
      {shown.length > 0 && (
        <ul className={classes.grid} aria-label={t.cards}>
          {shown.map((card) => (
            <IntegrationCard key={card.slug} card={card} guide={guide} />
          ))}
        </ul>
      )}
      {shown.length === 0 && (
        <Empty
          title={filters.category === 'Custom' && filters.text === '' ? t.categories.custom : t.categories.noMatch}
          text={filters.category === 'Custom' && filters.text === '' ? t.categories.customText : t.categories.noMatchText}
          action={
            <Button variant="default" onClick={all}>
              {t.categories.showAll}
            </Button>
          }
        />
      )}
    </>
  );
}
