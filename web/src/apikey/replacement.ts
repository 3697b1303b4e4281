import type { Schemas } from '../api';

export type Holder = Schemas['KeyHolder'];

// headersWith is the change that puts the new key where a header holds the old
// one; null keeps the stored value of each of the others.
export function headersWith(names: readonly string[], { header, form }: Pick<Holder, 'header' | 'form'>, apiKey: string): Record<string, string | null> {
  const value = form === 'bearer' ? `Bearer ${apiKey}` : apiKey;
  return Object.fromEntries(names.map((name) => [name, name === header ? value : null]));
}
