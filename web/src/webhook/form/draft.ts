// The draft is what was typed into the form of a new webhook, kept in this tab
// so that an accidental close or reload loses nothing. The signing secret is
// never in it: what is stored in a browser can be read by whoever sits there next.

export interface Draft {
  url: string;
  events: string[];
  off: boolean;
  format: string;
  template: string | null;
  secretShown: boolean; // the person may have given it to the receiver
}

const place = (user: string) => `patchboard.webhook-draft.${user}`;

export function loadDraft(user: string): Draft | null {
  try {
    return read(JSON.parse(sessionStorage.getItem(place(user)) ?? 'null'));
  } catch {
    return null; // no storage, or not ours
  }
}

export function saveDraft(user: string, draft: Draft) {
  try {
    sessionStorage.setItem(place(user), JSON.stringify(draft));
  } catch {
    // A browser without storage forgets what was typed; the form works.
  }
}

export function dropDraft(user: string) {
  try {
    sessionStorage.removeItem(place(user));
  } catch {
    // As above.
  }
}

// read takes what another version of the console may have written.
function read(value: unknown): Draft | null {
  if (typeof value !== 'object' || value === null) return null;
  const { url, events, off, format, template, secretShown } = value as Record<string, unknown>;
  if (typeof url !== 'string' || typeof format !== 'string' || !Array.isArray(events)) return null;
  return {
    url,
    events: events.filter((e): e is string => typeof e === 'string'),
    off: off === true,
    format,
    template: typeof template === 'string' ? template : null,
    secretShown: secretShown === true,
  };
}
