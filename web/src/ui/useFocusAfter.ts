import { useEffect, useRef, type RefObject } from 'react';

// useFocusAfter leads the focus to a place when something that was shown is gone
// and took the focus with it: who works by keyboard would be lost else.
export function useFocusAfter(shown: boolean, to: RefObject<HTMLElement | null>) {
  const was = useRef(shown);
  useEffect(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (was.current && !shown && lost) to.current?.focus({ preventScroll: true });
    was.current = shown;
  }, [shown, to]);
}
