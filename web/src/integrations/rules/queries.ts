import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { api, data } from '../../api';
import { lookKeys } from '../keys';
import type { Rule } from '../types';

interface Asked {
  slug: string;
  rule: Rule;
  eventType: string;
}

// usePreview is what a rule makes of the example of an event type.
export function usePreview({ slug, rule, eventType }: Asked, enabled: boolean) {
  return useQuery({
    queryKey: lookKeys.preview(slug, { title: rule.title, text: rule.text }, eventType),
    queryFn: ({ signal }) => data(api.POST('/api/v1/integrations/{slug}/preview', { params: { path: { slug } }, body: { rule, eventType }, signal })),
    enabled,
    placeholderData: keepPreviousData,
  });
}

// usePost posts a message as a rule would, for a look at the channel.
export function usePost() {
  return useMutation({
    networkMode: 'always',
    mutationFn: ({ slug, rule, eventType }: Asked) => data(api.POST('/api/v1/integrations/{slug}/post', { params: { path: { slug } }, body: { rule, eventType } })),
  });
}
