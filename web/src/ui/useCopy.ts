import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { copyText, type CopyMethod } from './clipboard';

export type Copying =
  | { kind: 'idle' | 'busy' | 'copied' }
  | { kind: 'manual'; text: string; done: boolean } // the browser refused: the person copies
  | { kind: 'failed'; error: unknown };

const shown = 2_500; // ms that "Copied" stays

// useCopy copies a text within the click or key press: the clipboard gets a
// promise, and a text that must be fetched is fetched while the browser waits.
// near is the element beside which the old way of copying puts its field.
export function useCopy<E extends HTMLElement>(text: (method: CopyMethod) => Promise<string>, onCopied?: (method: CopyMethod) => void) {
  const near = useRef<E>(null);
  const [state, setState] = useState<Copying>({ kind: 'idle' });

  useEffect(() => {
    if (state.kind !== 'copied') return;
    const timer = setTimeout(() => setState({ kind: 'idle' }), shown);
    return () => clearTimeout(timer);
  }, [state]);

  async function copy(method: CopyMethod) {
    if (!near.current || state.kind === 'busy') return;
    setState({ kind: 'busy' });
    const coming = text(method);
    try {
      if (await copyText(coming, near.current)) {
        setState({ kind: 'copied' });
        onCopied?.(method);
      } else {
        setState({ kind: 'manual', text: await coming, done: false });
      }
    } catch (error) {
      setState({ kind: 'failed', error });
    }
  }

  // byHand notes that the person has copied what the browser would not.
  function byHand() {
    setState((now) => (now.kind === 'manual' ? { ...now, done: true } : now));
    onCopied?.('manual');
  }

  const copied = state.kind === 'copied' || (state.kind === 'manual' && state.done);
  return { near, state, copied, copy, byHand, reset: () => setState({ kind: 'idle' }) };
}

// isCopyKey tells Ctrl+C, or the command key's, from other keys.
export function isCopyKey(event: KeyboardEvent): boolean {
  return (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'c';
}
