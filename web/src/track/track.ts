import type { TrackedEvent, TrackedEvents } from './catalog';
import { Queue } from './queue';
import { transport } from './transport';

const queue = new Queue(transport);

// track reports what the signed-in person did. It returns at once and never
// throws; while tracking is off, or nobody is signed in, it does nothing.
export function track<E extends TrackedEvent>(event: E, properties: TrackedEvents[E]): void {
  queue.add({ event, properties, timestamp: new Date().toISOString() });
}

// trackFor says whose events these are; null while tracking is off or nobody is
// signed in.
export function trackFor(person: string | null): void {
  queue.trackFor(person);
}

function leave() {
  if (document.visibilityState === 'hidden') queue.leave();
}

// watchLeaving has what waits sent when the page is hidden, which is the last
// that a page is sure to hear. It gives the way to end that.
export function watchLeaving(): () => void {
  const away = () => queue.leave();
  document.addEventListener('visibilitychange', leave);
  window.addEventListener('pagehide', away);
  return () => {
    document.removeEventListener('visibilitychange', leave);
    window.removeEventListener('pagehide', away);
  };
}
