import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, data } from '../../api';
import { useText } from '../../text';
import { wordsOf } from '../../ui';
import { refresh } from '../queries';
import { reviewed } from '../review';
import type { Card } from '../types';

export type Work = 'pause' | 'resume' | 'test';

export interface Outcome {
  slug: string;
  name: string;
  ok: boolean;
  text: string;
}

// useCategoryWork does one thing to each of several integrations, and tells what
// came of it, of each by itself.
export function useCategoryWork() {
  const client = useQueryClient();
  const t = useText();
  const words = t.integrations;
  const one = async (work: Work, { slug, name }: Card): Promise<Outcome> => {
    try {
      if (work === 'test') {
        const result = await data(api.POST('/api/v1/integrations/{slug}/check', { params: { path: { slug } } }));
        return { slug, name, ok: result.ok, text: result.ok ? words.check.passed : (result.guidance?.cause ?? words.check.failed) };
      }
      await data(api.PATCH('/api/v1/integrations/{slug}', { params: { path: { slug } }, body: { enabled: work === 'resume' } }));
      return { slug, name, ok: true, text: work === 'resume' ? words.category.outcome.resumed : words.category.outcome.paused };
    } catch (error) {
      const { title, detail, fix } = wordsOf(error, t);
      return { slug, name, ok: false, text: `${words.category.outcome.refused}: ${[title, detail, fix].filter(Boolean).join('. ').replaceAll('..', '.')}` };
    }
  };
  return useMutation({
    networkMode: 'always',
    mutationFn: async ({ work, cards }: { work: Work; cards: readonly Card[] }) => {
      for (const card of cards) if (work !== 'resume') reviewed(card, work === 'test' ? 'tested' : 'paused');
      return Promise.all(cards.map((card) => one(work, card)));
    },
    onSettled: () => refresh(client),
  });
}
