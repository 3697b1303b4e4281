import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, data, type Schemas } from '../../api';
import { webhookKeys } from '../keys';
import { bodyOf } from './payload';

export type TestResult = Schemas['TestResult'];

export interface Sending {
  type: string;
  payload: string; // as it was typed
  edited: boolean; // it is not the type's example
}

// useSendTest sends one event to one webhook.
export function useSendTest(id: string) {
  const client = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: ({ type, payload, edited }: Sending) =>
      data(
        api.POST('/api/v1/webhooks/{id}/test', {
          params: { path: { id } },
          body: { type },
          bodySerializer: () => bodyOf(type, edited ? payload : null),
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: webhookKeys.all }),
  });
}
