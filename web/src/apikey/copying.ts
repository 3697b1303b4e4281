import { useEffect, useRef, useState } from 'react';
import { track } from '../track';
import type { CopyMethod } from '../ui';
import { copyText } from '../ui/clipboard';
import { copyKey } from './queries';

export type Copying =
  | { kind: 'idle' | 'busy' | 'copied' }
  | { kind: 'manual'; key: string; done: boolean } // the browser refused: the person copies
  | { kind: 'failed'; error: unknown };

const shown = 2_500; // ms that the feedback stays

// useCopying copies the key within the click or key press: the clipboard gets a
// promise, and the key is fetched while the browser waits. The server tracks the
// copies that it knows of; one by hand only the browser sees.
export function useCopying() {
  const near = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<Copying>({ kind: 'idle' });

  useEffect(() => {
    if (state.kind !== 'copied') return;
    const timer = setTimeout(() => setState({ kind: 'idle' }), shown);
    return () => clearTimeout(timer);
  }, [state]);

  async function copy(method: CopyMethod) {
    if (!near.current || state.kind === 'busy') return;
    setState({ kind: 'busy' });
    const key = copyKey(method);
    try {
      const done = await copyText(key, near.current);
      setState(done ? { kind: 'copied' } : { kind: 'manual', key: await key, done: false });
    } catch (error) {
      setState({ kind: 'failed', error });
    }
  }

  function copiedByHand() {
    track('api_key_copied', { copy_method: 'manual' });
    setState((now) => (now.kind === 'manual' ? { ...now, done: true } : now));
  }

  return { near, state, copy, copiedByHand, reset: () => setState({ kind: 'idle' }) };
}
