import type { Webhook } from '../queries';

// Edit is what was typed into the form that edits a webhook, and what the person
// had begun with. It lives in memory, so that an accidental close loses nothing.
export interface Edit {
  seen: Webhook;
  url: string;
  events: string[];
  off: boolean;
}

const edits = new Map<string, Edit>();

const place = (user: string, webhook: string) => `${user} ${webhook}`;

export const keptEdit = (user: string, webhook: string) => edits.get(place(user, webhook));

// keepEdit keeps what was typed; null drops it.
export function keepEdit(user: string, webhook: string, edit: Edit | null) {
  if (edit) edits.set(place(user, webhook), edit);
  else edits.delete(place(user, webhook));
}
