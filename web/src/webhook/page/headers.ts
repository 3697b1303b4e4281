// The list of custom headers while it is edited. The values of stored headers
// are never shown, so a stored one is kept, replaced or removed unseen.

export interface Row {
  key: number;
  name: string;
  stored: boolean;
  replaced: boolean; // a stored one whose value is typed anew
  removed: boolean; // a stored one that goes with the next save
  value: string; // of a new or a replaced one
}

export interface Headers {
  rows: Row[];
  next: number; // the key of the next row
}

export type HeaderEvent =
  | { type: 'started'; names: readonly string[] }
  | { type: 'stored'; names: readonly string[] } // the stored names are others now; what was typed stays
  | { type: 'added' }
  | { type: 'named'; key: number; name: string }
  | { type: 'valued'; key: number; value: string }
  | { type: 'replacing'; key: number }
  | { type: 'kept'; key: number } // takes back that it is replaced or removed
  | { type: 'removed'; key: number };

export type HeaderProblem = 'nameMissing' | 'nameWrong' | 'nameReserved' | 'nameTwice' | 'valueMissing' | 'valueSpaces' | 'valueControl';

// The API has the same limit.
export const headersMost = 20;

const same = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

export function begin(names: readonly string[]): Headers {
  return { rows: names.map((name, key) => row(key, name, true)), next: names.length };
}

function row(key: number, name: string, stored: boolean): Row {
  return { key, name, stored, replaced: false, removed: false, value: '' };
}

export function next(state: Headers, event: HeaderEvent): Headers {
  const change = (key: number, to: Partial<Row>): Headers => ({
    ...state,
    rows: state.rows.map((r) => (r.key === key ? { ...r, ...to } : r)),
  });
  switch (event.type) {
    case 'started':
      return begin(event.names);
    case 'stored':
      return rebase(state, event.names);
    case 'added':
      if (sent(state).length >= headersMost) return state;
      return { rows: [...state.rows, row(state.next, '', false)], next: state.next + 1 };
    case 'named':
      return change(event.key, { name: event.name });
    case 'valued':
      return change(event.key, { value: event.value });
    case 'replacing':
      return change(event.key, { replaced: true, removed: false, value: '' });
    case 'kept':
      return change(event.key, { replaced: false, removed: false, value: '' });
    case 'removed': {
      const stored = state.rows.some((r) => r.key === event.key && r.stored);
      if (stored) return change(event.key, { removed: true, replaced: false, value: '' });
      return { ...state, rows: state.rows.filter((r) => r.key !== event.key) };
    }
  }
}

// rebase puts what was typed onto other stored names. A value that was typed for
// a header that is gone makes it a new one; one that was typed for a new header
// which is stored by now replaces it.
function rebase(state: Headers, names: readonly string[]): Headers {
  const is = (r: Row) => names.some((n) => same(n, r.name));
  const kept = state.rows.flatMap((r): Row[] => {
    if (r.stored) return is(r) ? [r] : r.replaced ? [{ ...r, stored: false, replaced: false }] : [];
    return [is(r) ? { ...r, name: names.find((n) => same(n, r.name)) ?? r.name, stored: true, replaced: true } : r];
  });
  const fresh = names.filter((n) => !kept.some((r) => same(r.name, n)));
  const rows = [...kept.filter((r) => r.stored), ...fresh.map((name, i) => row(state.next + i, name, true)), ...kept.filter((r) => !r.stored)];
  return { rows, next: state.next + fresh.length };
}

// sent are the rows that the webhook has after the next save.
export function sent(state: Headers): Row[] {
  return state.rows.filter((r) => !r.removed);
}

export function changed(state: Headers): boolean {
  return state.rows.some((r) => !r.stored || r.replaced || r.removed);
}

// patchOf is the change as the API takes it: every header that is to stay, with
// null for a stored value that is kept.
export function patchOf(state: Headers): Record<string, string | null> {
  return Object.fromEntries(sent(state).map((r) => [r.name.trim(), r.stored && !r.replaced ? null : r.value]));
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
const reserved = new Set([
  'accept-encoding', 'connection', 'cookie', 'cookie2', 'date', 'expect', 'forwarded', 'host', 'http2-settings',
  'keep-alive', 'set-cookie', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'user-agent', 'via', 'x-real-ip',
]);
const reservedPrefixes = ['content-', 'proxy-', 'sec-', 'webhook-', 'x-forwarded-'];

export interface RowProblems {
  name?: HeaderProblem;
  value?: HeaderProblem;
}

// problems finds what the server would refuse, by the row's key.
export function problems(state: Headers): Map<number, RowProblems> {
  const found = new Map<number, RowProblems>();
  const rows = sent(state);
  for (const r of rows) {
    const name = r.stored ? undefined : nameProblem(r, rows);
    const value = r.stored && !r.replaced ? undefined : valueProblem(r.value);
    if (name || value) found.set(r.key, { name, value });
  }
  return found;
}

function nameProblem(r: Row, rows: Row[]): HeaderProblem | undefined {
  const name = r.name.trim();
  if (name === '') return 'nameMissing';
  if (!token.test(name)) return 'nameWrong';
  const lower = name.toLowerCase();
  if (reserved.has(lower) || reservedPrefixes.some((p) => lower.startsWith(p))) return 'nameReserved';
  return rows.some((other) => other.key !== r.key && same(other.name, name)) ? 'nameTwice' : undefined;
}

function valueProblem(value: string): HeaderProblem | undefined {
  if (value === '') return 'valueMissing';
  if (value.trim() !== value) return 'valueSpaces';
  return [...value].some((c) => c < ' ' || (c >= '\u007f' && c < '\u00a0')) ? 'valueControl' : undefined;
}
