import { Parser, type ServerEvent } from './sse';

export type State = 'live' | 'reconnecting' | 'offline';

// Connection says how it stands; since is when it was lost.
export interface Connection {
  kind: 'state';
  state: State;
  since: number | null; // ms
}

// Signal is what a feed tells the pages.
export type Signal =
  | Connection
  | { kind: 'change'; topic: string }
  | { kind: 'resync' } // changes were missed: everything may be old
  | { kind: 'ended' }; // nobody is signed in

const firstWait = 500; // ms before the second try
const longestWait = 5_000;
const patience = 8_000; // ms without a connection until "offline"
const silence = 40_000; // ms without a byte; the server sends one every 15 s

// Feed holds the one connection to the server's stream. It connects again by
// itself, ever slower, goes on after the last event that came, and gives up only
// when the server says that nobody is signed in.
export class Feed {
  #tell: (signal: Signal) => void;
  #open = false;
  #state: State = 'reconnecting';
  #since: number | null = null;
  #tries = 0;
  #lastId = '';
  #abort: AbortController | null = null;
  #timers = new Map<'retry' | 'offline' | 'silence', ReturnType<typeof setTimeout>>();

  constructor(tell: (signal: Signal) => void) {
    this.#tell = tell;
  }

  get connection(): Connection {
    return { kind: 'state', state: this.#state, since: this.#since };
  }

  start() {
    if (this.#open) return;
    this.#open = true;
    this.#tries = 0;
    void this.#connect();
  }

  stop() {
    this.#open = false;
    this.#lastId = '';
    for (const name of this.#timers.keys()) this.#clear(name);
    this.#abort?.abort();
    this.#abort = null;
    this.#set('reconnecting', null);
  }

  // wake tries at once, when there is reason to hope: the network is back, or
  // somebody looks at the page.
  wake() {
    if (!this.#open || this.#abort) return;
    this.#clear('retry');
    void this.#connect();
  }

  async #connect() {
    const abort = new AbortController();
    this.#abort = abort;
    this.#after('silence', silence, () => abort.abort());
    try {
      const headers = new Headers({ Accept: 'text/event-stream' });
      if (this.#lastId) headers.set('Last-Event-ID', this.#lastId);
      const answer = await fetch('/api/v1/stream', { headers, credentials: 'same-origin', cache: 'no-store', signal: abort.signal });
      if (answer.status === 401) return this.#end();
      if (answer.ok && answer.body) await this.#read(answer.body, abort);
    } catch {
      // refused, cut off, or silent for too long: all the same, try again
    }
    if (this.#abort === abort) this.#lost();
  }

  async #read(body: ReadableStream<Uint8Array>, abort: AbortController) {
    const parser = new Parser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || abort.signal.aborted) return;
      this.#after('silence', silence, () => abort.abort());
      for (const event of parser.feed(decoder.decode(value, { stream: true }))) this.#take(event);
    }
  }

  #take(event: ServerEvent) {
    const goesOn = this.#lastId !== '';
    if (event.id) this.#lastId = event.id;
    switch (event.name) {
      case 'ready':
        this.#online();
        // What was fetched before this connection stood may be old already.
        if (!goesOn) this.#tell({ kind: 'resync' });
        return;
      case 'resync':
        this.#online();
        this.#tell({ kind: 'resync' });
        return;
      case 'message': {
        const topic = topicOf(event.data);
        if (topic) this.#tell({ kind: 'change', topic });
      }
    }
  }

  #online() {
    this.#tries = 0;
    this.#clear('offline');
    this.#set('live', null);
  }

  #lost() {
    this.#abort = null;
    this.#clear('silence');
    if (!this.#open) return;
    if (this.#since === null) {
      const now = Date.now();
      this.#set('reconnecting', now);
      this.#after('offline', patience, () => this.#set('offline', now));
    }
    const wait = Math.min(longestWait, firstWait * 2 ** this.#tries);
    this.#tries += 1;
    // Half of the wait is chance: the browsers of a company do not come at once.
    this.#after('retry', wait / 2 + (Math.random() * wait) / 2, () => void this.#connect());
  }

  #end() {
    this.stop();
    this.#tell({ kind: 'ended' });
  }

  #set(state: State, since: number | null) {
    if (state === this.#state && since === this.#since) return;
    this.#state = state;
    this.#since = since;
    this.#tell(this.connection);
  }

  #after(name: 'retry' | 'offline' | 'silence', ms: number, then: () => void) {
    this.#clear(name);
    this.#timers.set(name, setTimeout(then, ms));
  }

  #clear(name: 'retry' | 'offline' | 'silence') {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

function topicOf(text: string): string | null {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message === 'object' && message !== null && 'topic' in message && typeof message.topic === 'string') return message.topic;
  } catch {
    // not of this version of the server
  }
  return null;
}
