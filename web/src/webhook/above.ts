import { createContext, use, useEffect } from 'react';

// A dialog above the modal closes by Esc alone: the modal below must not hear it.
export const AboveContext = createContext<(change: 1 | -1) => void>(() => undefined);

// useAbove tells the modal that a dialog is open above it.
export function useAbove(opened: boolean) {
  const tell = use(AboveContext);
  useEffect(() => {
    if (!opened) return;
    tell(1);
    return () => tell(-1);
  }, [opened, tell]);
}
