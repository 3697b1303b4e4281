import { useEffect, useLayoutEffect, useRef } from 'react';
import type { TrackedEvent, TrackedEvents } from './catalog';
import { track, trackFor, watchLeaving } from './track';

// useTrackingFor tracks a person while the component is there: the id of who is
// signed in, or null while the session says that tracking is off. A layout
// effect, so that it is settled before the pages' own effects track anything.
export function useTrackingFor(person: string | null): void {
  useLayoutEffect(() => {
    trackFor(person);
    return () => trackFor(null);
  }, [person]);
  useEffect(watchLeaving, []);
}

// useTracked tracks an event once in the life of the component (a page view):
// as soon as it has properties (null: not yet) and the page is on the screen,
// which one that was opened in the background is not.
export function useTracked<E extends TrackedEvent>(event: E, properties: TrackedEvents[E] | null): void {
  const done = useRef(false);
  useEffect(() => {
    if (done.current || properties === null) return;
    const report = () => {
      if (done.current || document.visibilityState === 'hidden') return;
      done.current = true;
      document.removeEventListener('visibilitychange', report);
      track(event, properties);
    };
    document.addEventListener('visibilitychange', report);
    report();
    return () => document.removeEventListener('visibilitychange', report);
  }, [event, properties]);
}
