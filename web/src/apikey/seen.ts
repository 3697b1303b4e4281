import { useCallback, useEffect, useRef } from 'react';

// useSeenOnce gives a ref for an element; onSeen is called once, when most of
// the element was on the screen for the first time.
export function useSeenOnce(onSeen: () => void) {
  const seen = useRef(false);
  const latest = useRef(onSeen);
  useEffect(() => {
    latest.current = onSeen;
  });
  return useCallback((element: Element | null) => {
    if (!element || seen.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (seen.current || !entries.some((e) => e.isIntersecting)) return;
        seen.current = true;
        observer.disconnect();
        latest.current();
      },
      { threshold: 0.5 },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
}
