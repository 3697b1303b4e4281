// What a stream of server-sent events says, line by line (WHATWG HTML, 9.2.6).
export interface ServerEvent {
  name: string;
  data: string;
  id: string;
  retry: number | null; // milliseconds
}

// Parser reads chunks as they come and gives each whole event. Comments, which
// the server sends as heartbeats, give nothing; that they came is for the reader
// of the chunks to notice.
export class Parser {
  #rest = '';
  #name = '';
  #data: string[] = [];
  #id = '';
  #retry: number | null = null;

  feed(chunk: string): ServerEvent[] {
    const text = this.#rest + chunk;
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): ServerEvent | null {
    if (line === '') return this.#flush();
    const colon = line.indexOf(':');
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    if (field === 'data') this.#data.push(value);
    if (field === 'id') this.#id = value;
    if (field === 'retry' && /^\d+$/.test(value)) this.#retry = Number(value);
    return null;
  }

  #flush(): ServerEvent | null {
    const event = { name: this.#name || 'message', data: this.#data.join('\n'), id: this.#id, retry: this.#retry };
    const empty = this.#data.length === 0;
    this.#name = '';
    this.#data = [];
    this.#retry = null;
    return empty ? null : event;
  }
}
