import { useEffect } from 'react';
import { useBlocker } from 'react-router';
import { isSafe, type Guard, type GuardEvent } from './guard';

// useLeaving holds back what would take the new key off the screen: another
// page, Back, and closing the tab. It asks by the guard, and goes on once the
// person has decided to leave.
export function useLeaving(state: Guard, dispatch: (event: GuardEvent) => void) {
  const held = !isSafe(state) && !state.closed;
  const blocker = useBlocker(held);

  useEffect(() => {
    if (!held) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [held]);

  // The whole blocker is looked at: with Back right after "Keep open" React may
  // never render the moment between the two, so the state is "blocked" as before.
  useEffect(() => {
    if (blocker.state === 'blocked') dispatch('close');
  }, [blocker, dispatch]);

  const { closed } = state;
  useEffect(() => {
    if (blocker.state !== 'blocked' || held) return;
    if (closed) blocker.proceed();
    else blocker.reset();
  }, [blocker, held, closed]);

  return () => {
    if (blocker.state === 'blocked') blocker.reset();
    dispatch('stay');
  };
}
