import { Desk, type Call, type Listener } from './desk';
import type { Signal } from './feed';
import type { Line } from './line';

// Where there are no shared workers, the tabs of a browser share one feed all the
// same: the tab that holds a lock has the desk, and the others call it through a
// channel. When that tab goes, the lock passes on.
const name = 'patchboard-live';

type Note = { kind: 'call'; from: string; call: Call } | { kind: 'signal'; to: string; signal: Signal } | { kind: 'opened' };

// canShare: locks are for pages from https and from this machine alone.
export const canShare = (): boolean => typeof BroadcastChannel !== 'undefined' && typeof navigator.locks !== 'undefined';

let standing = false; // this page has asked for the lock

// tabLine connects this page to the desk, wherever it is.
export function tabLine(hear: (signal: Signal) => void): Line {
  const id = crypto.randomUUID();
  const channel = new BroadcastChannel(name);
  const post = (call: Call) => channel.postMessage({ kind: 'call', from: id, call } satisfies Note);
  let listening = false;
  channel.onmessage = ({ data }: MessageEvent<Note>) => {
    if (data.kind === 'signal' && data.to === id && listening) hear(data.signal);
    if (data.kind === 'opened' && listening) post('hello'); // to the new desk
  };
  if (!standing) {
    standing = true;
    void navigator.locks.request(name, keepDesk);
  }
  return {
    call: (call) => {
      if (call !== 'wake') listening = call === 'hello';
      post(call);
    },
  };
}

// keepDesk serves all tabs, this one too, until this page is gone.
function keepDesk(): Promise<never> {
  const desk = new Desk();
  const channel = new BroadcastChannel(name);
  const listeners = new Map<string, Listener>();
  channel.onmessage = ({ data }: MessageEvent<Note>) => {
    if (data.kind !== 'call') return;
    const listener = listeners.get(data.from) ?? { postMessage: (signal) => channel.postMessage({ kind: 'signal', to: data.from, signal } satisfies Note) };
    listeners.set(data.from, listener);
    desk.call(listener, data.call);
    if (data.call === 'bye') listeners.delete(data.from);
  };
  channel.postMessage({ kind: 'opened' } satisfies Note);
  return new Promise(() => undefined);
}
