export interface Change {
  path: string;
  before: string | null; // null: not there
  after: string | null;
}

// changes lists what differs between two JSON values, by path, in order.
export function changes(before: unknown, after: unknown): Change[] {
  const old = flat(before);
  const now = flat(after);
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths.flatMap((path) => {
    const a = old.get(path) ?? null;
    const b = now.get(path) ?? null;
    return a === b ? [] : [{ path, before: a, after: b }];
  });
}

function flat(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (value === null || value === undefined) {
    if (path !== '' && value === null) into.set(path, 'null');
  } else if (Array.isArray(value)) {
    into.set(path, JSON.stringify(value));
  } else if (typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) flat(inner, path === '' ? name : `${path}.${name}`, into);
  } else {
    into.set(path, typeof value === 'string' ? value : String(value));
  }
  return into;
}
