import { useSyncExternalStore } from 'react';

const near = 8; // pixels

function subscribe(changed: () => void) {
  window.addEventListener('scroll', changed, { passive: true });
  return () => window.removeEventListener('scroll', changed);
}

// useAtTop says if the page is scrolled to its top, where new rows may push the
// others down without moving what somebody reads.
export function useAtTop(): boolean {
  return useSyncExternalStore(subscribe, () => window.scrollY <= near);
}
