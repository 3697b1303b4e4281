// JSON as text: where a mistake is, a new indentation, a member's own text. None
// of it goes through JavaScript's values, in which a long number loses digits.

export interface Mistake {
  kind:
    | 'empty'
    | 'value'
    | 'name'
    | 'colon'
    | 'commaOrBrace'
    | 'commaOrBracket'
    | 'trailingComma'
    | 'string'
    | 'escape'
    | 'control'
    | 'number'
    | 'twice'
    | 'deep'
    | 'end'
    | 'after';
  at: number; // of the text's characters
  line: number; // 1 for the first
  column: number;
}

export const deepest = 64; // levels that the server takes

class Broken extends Error {
  constructor(
    readonly kind: Mistake['kind'],
    readonly at: number,
  ) {
    super(kind);
  }
}

// mistakeIn finds the first place that makes a text no JSON; null if it is JSON.
export function mistakeIn(text: string): Mistake | null {
  try {
    new Reader(text).document();
    return null;
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    const before = text.slice(0, error.at).split('\n');
    return { kind: error.kind, at: error.at, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

// indent lays JSON out anew; what is no JSON stays as it is.
export function indent(text: string): string {
  if (mistakeIn(text)) return text;
  const out: string[] = [];
  let level = 0;
  let before = '';
  const line = () => '\n' + '  '.repeat(level);
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"{}[\],:]+|[{}[\],:]/g)) {
    const opened = before === '{' || before === '[';
    const closes = token === '}' || token === ']';
    if (closes) level--;
    if (closes !== opened) out.push(line()); // an empty one stays on its line
    if (before === ',') out.push(line());
    out.push(token === ':' ? ': ' : token);
    if (token === '{' || token === '[') level++;
    before = token;
  }
  return out.join('');
}

// memberOf gives the text of an object's member; undefined if it has none.
export function memberOf(text: string, name: string): string | undefined {
  const found = new Reader(text).members();
  const at = found.get(name);
  return at && text.slice(at.from, at.to);
}

interface Span {
  from: number;
  to: number;
}

// Reader goes through a text by the grammar of RFC 8259.
class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  document() {
    this.#space();
    if (this.#at === this.text.length) throw new Broken('empty', this.#at);
    this.#value(0);
    this.#space();
    if (this.#at < this.text.length) throw new Broken('after', this.#at);
  }

  members(): Map<string, Span> {
    this.#space();
    return this.#peek() === '{' ? this.#object(0) : new Map<string, Span>();
  }

  #peek(): string {
    return this.text[this.#at] ?? '';
  }

  #space() {
    while (/[ \t\r\n]/.test(this.#peek())) this.#at++;
  }

  #fail(kind: Mistake['kind'], at = this.#at): never {
    throw new Broken(at >= this.text.length ? 'end' : kind, at);
  }

  #value(level: number) {
    const c = this.#peek();
    if ((c === '{' || c === '[') && level === deepest) this.#fail('deep');
    if (c === '{') this.#object(level);
    else if (c === '[') this.#array(level);
    else if (c === '"') this.#string();
    else if (/[-0-9]/.test(c)) this.#number();
    else {
      const word = /^(?:true|false|null)(?![\w$])/.exec(this.text.slice(this.#at, this.#at + 6));
      if (!word) this.#fail('value');
      this.#at += word[0].length;
    }
  }

  #object(level: number): Map<string, Span> {
    const members = new Map<string, Span>();
    this.#at++;
    this.#space();
    while (this.#peek() !== '}') {
      const start = this.#at;
      if (this.#peek() !== '"') this.#fail('name');
      const name = this.#string();
      if (members.has(name)) this.#fail('twice', start);
      this.#space();
      if (this.#peek() !== ':') this.#fail('colon');
      this.#at++;
      this.#space();
      const from = this.#at;
      this.#value(level + 1);
      members.set(name, { from, to: this.#at });
      this.#more('}', 'commaOrBrace');
    }
    this.#at++;
    return members;
  }

  #array(level: number) {
    this.#at++;
    this.#space();
    while (this.#peek() !== ']') {
      this.#value(level + 1);
      this.#more(']', 'commaOrBracket');
    }
    this.#at++;
  }

  // #more goes past a comma, after which something must come.
  #more(end: string, kind: Mistake['kind']) {
    this.#space();
    if (this.#peek() === end) return;
    if (this.#peek() !== ',') this.#fail(kind);
    const comma = this.#at++;
    this.#space();
    if (this.#peek() === end) this.#fail('trailingComma', comma);
  }

  #string(): string {
    const start = this.#at++;
    for (;;) {
      const c = this.#peek();
      if (c === '') this.#fail('string');
      if (c === '"') break;
      if (c < ' ') this.#fail('control');
      if (c !== '\\') this.#at++;
      else {
        const escape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.text.slice(this.#at, this.#at + 6));
        if (!escape) this.#fail('escape');
        this.#at += escape[0].length;
      }
    }
    this.#at++;
    return JSON.parse(this.text.slice(start, this.#at)) as string;
  }

  #number() {
    const found = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.text.slice(this.#at, this.#at + 4000));
    const end = this.#at + (found?.[0].length ?? 0);
    if (!found || /[\w.+-]/.test(this.text[end] ?? '')) this.#fail('number');
    this.#at = end;
  }
}
