import { Desk, type Call } from './desk';
import type { Signal } from './feed';

export interface Line {
  call(call: Call): void;
}

// openLine connects this page to the browser's feed; where there are no shared
// workers, the page has a feed of its own.
export function openLine(hear: (signal: Signal) => void): Line {
  if (typeof SharedWorker === 'undefined') return ownLine(hear);
  try {
    const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'patchboard-live' });
    let line: Line = { call: (call) => worker.port.postMessage(call) };
    worker.onerror = () => {
      line = ownLine(hear);
      line.call('hello');
    };
    worker.port.onmessage = (event: MessageEvent<Signal>) => hear(event.data);
    return { call: (call) => line.call(call) };
  } catch {
    return ownLine(hear);
  }
}

function ownLine(hear: (signal: Signal) => void): Line {
  const desk = new Desk();
  const listener = { postMessage: hear };
  return { call: (call) => desk.call(listener, call) };
}
