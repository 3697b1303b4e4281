import { isCredential } from '../../draft';
import { formatOf, type Format } from '../format';
import type { Webhook } from '../queries';

// The drafts of the forms of a webhook. The signing secret is in none of them.

export const ofNew = 'webhook';
export const ofEdit = (id: string) => `webhook.${id}.edit`;
export const ofSettings = (id: string) => `webhook.${id}.settings`;

export interface Draft {
  url: string;
  events: string[];
  off: boolean;
  format: string;
  template: string | null;
  secretShown: boolean; // the person may have given it to the receiver
}

// EditDraft is what was typed, and the version of the webhook that it changes.
export interface EditDraft {
  seen: Pick<Webhook, 'url' | 'description' | 'events' | 'format' | 'enabled' | 'version'>;
  url: string;
  description: string;
  events: string[];
  format: Format;
  off: boolean;
}

const ownServer = 'own-server'; // the one template whose URL is no credential

// isSecret reports whether the draft of a new webhook must stay in memory.
export function isSecret({ url, format, template }: Pick<Draft, 'url' | 'format' | 'template'>): boolean {
  if (url.trim() === '') return false;
  return format !== 'standard' || (template !== null && template !== ownServer) || isCredential(url);
}

// isSecretEdit is the same of one that is stored.
export function isSecretEdit({ seen, url, format }: Pick<EditDraft, 'seen' | 'url' | 'format'>): boolean {
  return [seen.format, format].some((one) => one !== 'standard') || isCredential(url) || isCredential(seen.url);
}

export function readDraft(value: unknown): Draft | null {
  const { url, events, off, format, template, secretShown } = members(value);
  if (typeof url !== 'string' || typeof format !== 'string' || !Array.isArray(events)) return null;
  return { url, events: texts(events), off: off === true, format, template: typeof template === 'string' ? template : null, secretShown: secretShown === true };
}

export function readEdit(value: unknown): EditDraft | null {
  const { seen, url, description, events, format, off } = members(value);
  const { version, enabled, ...was } = members(seen);
  if (typeof url !== 'string' || typeof description !== 'string' || !Array.isArray(events) || typeof version !== 'number') return null;
  if (typeof was.url !== 'string' || typeof was.description !== 'string' || !Array.isArray(was.events)) return null;
  return {
    seen: { url: was.url, description: was.description, events: texts(was.events), format: formatOf(was.format), enabled: enabled === true, version },
    url,
    description,
    events: texts(events),
    format: formatOf(format),
    off: off === true,
  };
}

const members = (value: unknown) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {});
const texts = (values: unknown[]) => values.filter((e): e is string => typeof e === 'string');
