import { useLayoutEffect, useRef } from 'react';

// useNoEscape keeps Esc from the dialogs below one that does not close by it. It
// listens from the start, and so before any of them does.
export function useNoEscape(active: boolean) {
  const now = useRef(active);
  useLayoutEffect(() => {
    now.current = active;
  }, [active]);
  useLayoutEffect(() => {
    const swallow = (event: KeyboardEvent) => {
      if (now.current && event.key === 'Escape' && !event.isComposing) event.stopImmediatePropagation();
    };
    window.addEventListener('keydown', swallow, { capture: true });
    return () => window.removeEventListener('keydown', swallow, { capture: true });
  }, []);
}
