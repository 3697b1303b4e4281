import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Desk } from './desk';
import type { Signal } from './feed';

// A server whose streams the test writes and ends.
class Server {
  answers: (number | 'refuse')[] = []; // what the next requests get; a stream when empty
  asked: (string | null)[] = []; // the Last-Event-ID of each request
  #stream: ReadableStreamDefaultController<Uint8Array> | null = null;

  fetch = async (_: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    this.asked.push(new Headers(init?.headers).get('Last-Event-ID'));
    const answer = this.answers.shift();
    if (answer === 'refuse') throw new TypeError('refused');
    if (answer) return new Response(null, { status: answer });
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        this.#stream = stream;
        init?.signal?.addEventListener('abort', () => stream.error(new DOMException('', 'AbortError')));
      },
    });
    return new Response(body);
  };

  async write(text: string) {
    this.#stream?.enqueue(new TextEncoder().encode(text));
    await vi.advanceTimersByTimeAsync(0);
  }

  async end() {
    this.#stream?.close();
    await vi.advanceTimersByTimeAsync(0);
  }
}

const ready = 'id: a-1\nevent: ready\ndata: {}\n\n';

let server: Server;
let heard: Signal[];
const page = { postMessage: (signal: Signal) => void heard.push(signal) };
const kinds = () => heard.map((signal) => (signal.kind === 'state' ? signal.state : signal.kind));

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  heard = [];
  vi.stubGlobal('fetch', server.fetch);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function listening() {
  const desk = new Desk();
  desk.call(page, 'hello');
  await vi.advanceTimersByTimeAsync(0);
  await server.write(ready);
  return desk;
}

test('a change reaches the pages as its topic', async () => {
  await listening();
  await server.write('id: a-2\ndata: {"topic":"webhooks","ids":["wh_1"]}\n\n');
  expect(heard.at(-1)).toEqual({ kind: 'change', topic: 'webhooks' });
  expect(kinds()).toEqual(['reconnecting', 'live', 'resync', 'change']);
});

test('many pages share one connection, which ends with the last', async () => {
  const desk = await listening();
  const others = Array.from({ length: 7 }, () => ({ postMessage: vi.fn() }));
  for (const other of others) desk.call(other, 'hello');
  await server.write('data: {"topic":"events"}\n\n');
  expect(server.asked).toHaveLength(1);
  for (const other of others) expect(other.postMessage).toHaveBeenLastCalledWith({ kind: 'change', topic: 'events' });

  for (const other of [...others, page]) desk.call(other, 'bye');
  await vi.advanceTimersByTimeAsync(120_000);
  expect(server.asked).toHaveLength(1);
});

test('a page that joins is told that what it has may be old', async () => {
  const desk = await listening();
  const late = { postMessage: vi.fn() };
  desk.call(late, 'hello');
  expect(late.postMessage.mock.calls.flat()).toEqual([{ kind: 'state', state: 'live', since: null }, { kind: 'resync' }]);
});

test('after a restart it goes on behind the last event', async () => {
  await listening();
  server.answers = ['refuse', 'refuse', 503];
  await server.end();
  expect(kinds().at(-1)).toBe('reconnecting');
  await vi.advanceTimersByTimeAsync(7_600);
  expect(server.asked).toEqual([null, 'a-1', 'a-1', 'a-1', 'a-1']);
  await server.write('id: b-1\nevent: resync\ndata: {}\n\n');
  expect(kinds().slice(-2)).toEqual(['live', 'resync']);
});

test('a server that stays away is offline since the connection was lost, and is asked ever more slowly', async () => {
  await listening();
  const lost = Date.now();
  server.answers = Array.from({ length: 100 }, () => 'refuse' as const);
  await server.end();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(heard.at(-1)).toEqual({ kind: 'state', state: 'offline', since: lost });
  await vi.advanceTimersByTimeAsync(111_000);
  expect(server.asked.length).toBeGreaterThan(20);
  expect(server.asked.length).toBeLessThan(60);
});

test('waking asks at once', async () => {
  const desk = await listening();
  server.answers = Array.from({ length: 100 }, () => 'refuse' as const);
  await server.end();
  await vi.advanceTimersByTimeAsync(60_000);
  server.answers = [];
  const before = server.asked.length;
  desk.call(page, 'wake');
  expect(server.asked).toHaveLength(before + 1);
});

test('a connection that says nothing for 40 s is given up', async () => {
  await listening();
  await vi.advanceTimersByTimeAsync(39_000);
  await server.write(':\n\n');
  await vi.advanceTimersByTimeAsync(39_000);
  expect(kinds().at(-1)).toBe('resync');
  await vi.advanceTimersByTimeAsync(1_001);
  expect(kinds().at(-1)).toBe('reconnecting');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.asked).toHaveLength(2);
});

test('when nobody is signed in it stops, until a page wakes it', async () => {
  const desk = await listening();
  server.answers = [401];
  await server.end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(kinds().at(-1)).toBe('ended');
  expect(server.asked).toHaveLength(2);
  desk.call(page, 'wake');
  expect(server.asked).toHaveLength(3);
  expect(server.asked.at(-1)).toBeNull();
});
