import { useEffect, useRef, type RefObject } from 'react';
import { lack, type Flow } from './flow';

// leadToMissing gives the focus to what a form still lacks, if it lacks anything.
export function leadToMissing(flow: Flow, input: HTMLInputElement | null, form: HTMLFormElement | null) {
  const missing = lack(flow);
  if (missing === 'url') input?.focus();
  if (missing === 'events') form?.querySelector<HTMLInputElement>('fieldset input')?.focus();
}

// useRefused gives the focus to the URL when the server has refused to save it:
// the verdict is shown there.
export function useRefused(flow: Flow, input: RefObject<HTMLInputElement | null>) {
  const refused = flow.check.phase === 'unreachable' || flow.check.phase === 'malformed';
  const sending = flow.saving.phase === 'sending';
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current && !sending && refused) input.current?.focus();
    sent.current = sending;
  }, [sending, refused, input]);
}
