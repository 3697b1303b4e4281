import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Signal } from './feed';

// Channels and locks of a browser, as far as tabs.ts needs them. Each import of
// the module is a tab.
class Channel {
  static all = new Set<Channel>();
  onmessage: ((event: { data: unknown }) => void) | null = null;
  tab = tab;

  constructor() {
    Channel.all.add(this);
  }

  postMessage(data: unknown) {
    for (const other of Channel.all) if (other !== this) queueMicrotask(() => Channel.all.has(other) && other.onmessage?.({ data }));
  }
}

let tab = 0;
let queue: { tab: number; grant: () => Promise<never> }[];
let asked: number;

beforeEach(() => {
  vi.useFakeTimers();
  Channel.all.clear();
  queue = [];
  asked = 0;
  vi.stubGlobal('BroadcastChannel', Channel);
  vi.stubGlobal('navigator', {
    locks: {
      request: (_: string, grant: () => Promise<never>) => {
        queue.push({ tab, grant });
        if (queue.length === 1) queueMicrotask(() => void grant());
        return new Promise(() => undefined);
      },
    },
  });
  vi.stubGlobal('fetch', () => {
    asked++;
    return Promise.resolve(new Response(new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('id: a-1\nevent: ready\ndata: {}\n\n')) })));
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function open() {
  vi.resetModules();
  tab++;
  const { tabLine } = await import('./tabs');
  const heard: Signal[] = [];
  const line = tabLine((signal) => heard.push(signal));
  line.call('hello');
  await vi.advanceTimersByTimeAsync(0);
  return { heard, number: tab, states: () => heard.flatMap((s) => (s.kind === 'state' ? [s.state] : [])) };
}

// close ends a tab without a word, as a crash does.
async function close(number: number) {
  for (const channel of Channel.all) if (channel.tab === number) Channel.all.delete(channel);
  const held = queue[0]?.tab === number;
  queue = queue.filter((one) => one.tab !== number);
  if (held) void queue[0]?.grant();
  await vi.advanceTimersByTimeAsync(0);
}

test('tabs without shared workers have one stream, and each hears it', async () => {
  const tabs = [await open(), await open(), await open()];
  expect(asked).toBe(1);
  for (const one of tabs) expect(one.states().at(-1)).toBe('live');
});

test('when the tab with the desk goes, another one opens it for all', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  tab = second.number; // where the lock goes: what it makes is of that tab
  await close(first.number);
  expect(asked).toBe(2);
  for (const one of [second, third]) {
    expect(one.states().at(-1)).toBe('live');
    expect(one.heard.at(-1)).toEqual({ kind: 'resync' });
  }
});
