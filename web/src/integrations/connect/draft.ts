import type { Values } from '../settings/values';

// What is chosen before the sign-in is kept until it has succeeded.
export const draftOf = (slug: string) => `integration.${slug}.connect`;

export const readValues = (value: unknown): Values | null => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : null);
