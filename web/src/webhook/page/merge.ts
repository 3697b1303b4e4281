// What becomes of a form when somebody else has saved meanwhile: a merge of
// three, of what both began with, what was typed here and what is stored now.

export interface Settings {
  url: string;
  description: string;
  format: string;
  events: string[];
}

export type Field = keyof Settings;

// Theirs is a field that is stored differently from what the form began with.
export interface Theirs {
  field: Field;
  before: string | string[];
  after: string | string[];
  clash: boolean; // typed differently here: the typed value stays until one is chosen
}

export interface Merged {
  values: Settings;
  theirs: Theirs[];
}

export function merge(base: Settings, typed: Settings, stored: Settings): Merged {
  const theirs: Theirs[] = [];
  const text = (field: 'url' | 'description' | 'format') => {
    if (stored[field] === base[field]) return typed[field];
    const kept = typed[field] !== base[field];
    theirs.push({ field, before: base[field], after: stored[field], clash: kept && typed[field] !== stored[field] });
    return kept ? typed[field] : stored[field];
  };
  const values = { url: text('url'), description: text('description'), format: text('format'), events: mergeSets(base.events, typed.events, stored.events) };
  if (!sameSet(base.events, stored.events)) {
    theirs.push({ field: 'events', before: base.events, after: stored.events, clash: false });
  }
  return { values, theirs };
}

// mergeSets keeps both sides' choices: what was ticked or cleared here stays so,
// and everything else is as it is stored.
function mergeSets(base: string[], typed: string[], stored: string[]): string[] {
  const added = typed.filter((e) => !base.includes(e) && !stored.includes(e));
  const cleared = base.filter((e) => !typed.includes(e));
  return [...stored.filter((e) => !cleared.includes(e)), ...added];
}

export function sameSet(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((e) => b.includes(e));
}

// changeOf is the part of a form that differs from what is stored, as a PATCH
// takes it; null when nothing does.
export function changeOf(stored: Settings, typed: Settings): Partial<Settings> | null {
  const change: Partial<Settings> = {};
  if (typed.url.trim() !== stored.url) change.url = typed.url.trim();
  if (typed.description !== stored.description) change.description = typed.description;
  if (typed.format !== stored.format) change.format = typed.format;
  if (!sameSet(typed.events, stored.events)) change.events = typed.events;
  return Object.keys(change).length > 0 ? change : null;
}
