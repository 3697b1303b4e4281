import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, data } from '../../api';
import { integrationKeys } from '../keys';
import { refresh } from '../queries';

export interface Order {
  slug: string;
  file: File;
  events?: boolean;
}

// send gives the file as the body, as it is.
const send = (mode: 'preview' | 'apply', { slug, file, events }: Order) =>
  data(
    api.POST('/api/v1/integrations/{slug}/import', {
      params: { path: { slug }, query: { mode, file: file.name.slice(0, 300), ...(events === false && { events }) } },
      headers: { 'Content-Type': 'application/octet-stream' },
      body: file as unknown as string,
      bodySerializer: (body) => body as unknown as BodyInit,
    }),
  );

// usePreview says what an import would do, and writes nothing.
export function usePreview() {
  return useMutation({ networkMode: 'always', gcTime: 0, mutationFn: (order: Order) => send('preview', order) });
}

// useImport writes the contacts of a file.
export function useImport() {
  const client = useQueryClient();
  return useMutation({ networkMode: 'always', gcTime: 0, mutationFn: (order: Order) => send('apply', order), onSettled: () => refresh(client) });
}

// useImports are the last imports, the one that goes on among them.
export function useImports(slug: string) {
  return useQuery({
    queryKey: integrationKeys.imports(slug),
    queryFn: ({ signal }) => data(api.GET('/api/v1/integrations/{slug}/imports', { params: { path: { slug } }, signal })),
  });
}
