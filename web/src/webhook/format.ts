import type { Webhook } from './overlay';

// Format is what the body of a webhook's requests is: the event itself, or a
// message for a chat.
export type Format = Webhook['format'];

export const formats = ['standard', 'slack', 'teams', 'discord'] as const satisfies readonly Format[];

// formatOf reads what was kept somewhere; what is no format is the standard one.
export const formatOf = (value: unknown): Format => formats.find((one) => one === value) ?? 'standard';
