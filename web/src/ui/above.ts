import { createContext, use, useCallback, useEffect, useState } from 'react';

// A dialog above another one closes by Esc alone: the one below must not hear it.
export const AboveContext = createContext<(change: 1 | -1) => void>(() => undefined);

// useAbove tells the dialog below, if there is one, that another is open above it.
export function useAbove(opened: boolean) {
  const tell = use(AboveContext);
  useEffect(() => {
    if (!opened) return;
    tell(1);
    return () => tell(-1);
  }, [opened, tell]);
}

// useBelow is for a dialog that others open above: what it gives to them by
// AboveContext, and if it is the uppermost at the moment.
export function useBelow() {
  const [above, setAbove] = useState(0);
  const tell = useCallback((change: 1 | -1) => setAbove((n) => n + change), []);
  return { tell, uppermost: above === 0 };
}
