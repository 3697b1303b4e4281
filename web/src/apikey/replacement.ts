export type Form = 'plain' | 'bearer';

// headersWith is the change that puts the key into one custom header; null
// keeps the stored value of each of the others.
export function headersWith(names: readonly string[], header: string, form: Form, apiKey: string): Record<string, string | null> {
  const value = form === 'bearer' ? `Bearer ${apiKey}` : apiKey;
  return Object.fromEntries(names.map((name) => [name, name === header ? value : null]));
}
