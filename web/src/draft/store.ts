// A draft is what somebody typed into a form and has not saved. Every form keeps
// its draft here while it is edited, so that closing a dialog or going to another
// page loses nothing.
//
// What may hold a secret stays in the memory of this tab, and the browser asks
// before the tab goes; the rest is in the tab's storage too and outlives a reload.

const prefix = 'patchboard.draft.';
const place = (user: string, form: string) => `${prefix}${user}.${form}`;

const memory = new Map<string, unknown>();

// loadDraft gives what was kept; read tells what a draft of this form looks like,
// since another version of the console may have written it.
export function loadDraft<T>(user: string, form: string, read: (value: unknown) => T | null): T | null {
  const at = place(user, form);
  if (memory.has(at)) return read(memory.get(at));
  try {
    return read(JSON.parse(sessionStorage.getItem(at) ?? 'null'));
  } catch {
    return null; // no storage, or not ours
  }
}

export function saveDraft(user: string, form: string, value: unknown, secret: boolean) {
  const at = place(user, form);
  if (secret || !store(at, value)) {
    erase(at); // what stood there before it was a secret
    memory.set(at, value);
  } else {
    memory.delete(at);
  }
  guard();
}

export function dropDraft(user: string, form: string) {
  const at = place(user, form);
  memory.delete(at);
  erase(at);
  guard();
}

// forgetDrafts drops those of the forms about one thing, or all: who signs out
// leaves nothing behind.
export function forgetDrafts(about = '') {
  const meant = (at: string) => at.startsWith(prefix) && (about === '' || `${at}.`.includes(`.${about}.`));
  for (const at of memory.keys()) if (meant(at)) memory.delete(at);
  try {
    for (const at of Object.keys(sessionStorage)) if (meant(at)) erase(at);
  } catch {
    // No storage: nothing is there.
  }
  guard();
}

// store reports false in a browser that lets nothing be stored.
function store(at: string, value: unknown): boolean {
  try {
    sessionStorage.setItem(at, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

function erase(at: string) {
  try {
    sessionStorage.removeItem(at);
  } catch {
    // As above.
  }
}

const ask = (event: BeforeUnloadEvent) => event.preventDefault();

// guard has the browser ask before a reload or a close would lose something.
function guard() {
  if (memory.size > 0) window.addEventListener('beforeunload', ask);
  else window.removeEventListener('beforeunload', ask);
}
