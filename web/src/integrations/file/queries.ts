import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, data } from '../../api';
import { integrationKeys } from '../keys';
import { refresh } from '../queries';

export interface Order {
  slug: string;
  file: File;
  events?: boolean;
  same?: Choices;
}

// Choices say of lines which contact, of those that were proposed, is the same person.
export type Choices = Readonly<Record<number, string>>;

// send gives the file as the body, as it is, or in a form with the choices.
const send = (mode: 'preview' | 'apply', { slug, file, events, same = {} }: Order) => {
  const form = formOf(file, same);
  return data(
    api.POST('/api/v1/integrations/{slug}/import', {
      params: { path: { slug }, query: { mode, file: file.name.slice(0, 300), ...(events === false && { events }) } },
      headers: form ? {} : { 'Content-Type': 'application/octet-stream' }, // a form says its own
      body: (form ?? file) as unknown as string,
      bodySerializer: (body) => body as unknown as BodyInit,
    }),
  );
};

function formOf(file: File, same: Choices): FormData | null {
  const chosen = Object.entries(same).map(([line, contact]) => ({ line: Number(line), contact }));
  if (chosen.length === 0) return null;
  const form = new FormData();
  form.append('same', JSON.stringify(chosen));
  form.append('file', file, file.name.slice(0, 300));
  return form;
}

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
