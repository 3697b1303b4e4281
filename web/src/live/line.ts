import { Desk, type Call } from './desk';
import type { Signal } from './feed';
import { canShare, tabLine } from './tabs';

export interface Line {
  call(call: Call): void;
}

// openLine connects this page to the browser's feed, which a shared worker has;
// where there are none, one of the tabs; and where tabs cannot agree on one, each
// page for itself.
export function openLine(hear: (signal: Signal) => void): Line {
  if (typeof SharedWorker === 'undefined') return otherLine(hear);
  try {
    const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'patchboard-live' });
    let line: Line = { call: (call) => worker.port.postMessage(call) };
    worker.onerror = () => {
      line = otherLine(hear);
      line.call('hello');
    };
    worker.port.onmessage = (event: MessageEvent<Signal>) => hear(event.data);
    return { call: (call) => line.call(call) };
  } catch {
    return otherLine(hear);
  }
}

const otherLine = (hear: (signal: Signal) => void): Line => (canShare() ? tabLine(hear) : ownLine(hear));

function ownLine(hear: (signal: Signal) => void): Line {
  const desk = new Desk();
  const listener = { postMessage: hear };
  return { call: (call) => desk.call(listener, call) };
}
