import { useCallback, useEffect, useRef } from 'react';
import { track, type TrackedEvents } from '../track';
import type { Card } from './types';

type Reviewed = TrackedEvents['integration_status_reviewed'];
export type Action = Reviewed['action_taken'];

// statusType is what somebody saw of an integration: its health while it works
// by it, and its status word else.
export function statusType(card: Pick<Card, 'status' | 'enabled' | 'health'>): Reviewed['status_type'] {
  const working = card.status === 'Connected' || card.status === 'Error' || card.status === 'Reconnect needed';
  return working && card.health ? card.health.status : card.status;
}

// reviewed reports what somebody did about the status that they saw.
export function reviewed(card: Pick<Card, 'status' | 'enabled' | 'health'>, action: Action) {
  track('integration_status_reviewed', { status_type: statusType(card), action_taken: action });
}

// useReview is for a page that shows one integration's status. Who leaves it
// without doing anything has looked only.
export function useReview(card: Card | undefined) {
  const seen = useRef(card);
  const acted = useRef(false);
  const there = useRef(false);
  useEffect(() => {
    seen.current = card;
  }, [card]);
  useEffect(() => {
    there.current = true;
    const leave = () => {
      if (acted.current || !seen.current) return;
      acted.current = true;
      reviewed(seen.current, 'none');
    };
    window.addEventListener('pagehide', leave, { capture: true }); // before what waits is sent
    return () => {
      window.removeEventListener('pagehide', leave, { capture: true });
      there.current = false;
      queueMicrotask(() => there.current || leave()); // React may only mount it twice
    };
  }, []);
  return useCallback((action: Action) => {
    acted.current = true;
    if (seen.current) reviewed(seen.current, action);
  }, []);
}
