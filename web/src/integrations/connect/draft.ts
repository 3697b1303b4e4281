import { loadDraft } from '../../draft';
import { isConnected } from '../dashboard/filter';
import { asValues, type Values } from '../settings/values';
import type { Detail } from '../types';

// What is chosen before the sign-in is kept until it has succeeded.
export const draftOf = (slug: string) => `integration.${slug}.connect`;

export const readValues = (value: unknown): Values | null => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : null);

// chosenOf are the settings to connect with, as far as they were chosen; a connection
// that is made again has its own.
export function chosenOf(detail: Pick<Detail, 'slug' | 'status' | 'settings'>, person: string): Values {
  const stored = asValues(detail.settings);
  return isConnected(detail) ? stored : { ...stored, ...loadDraft(person, draftOf(detail.slug), readValues) };
}
