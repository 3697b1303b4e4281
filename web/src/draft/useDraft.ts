import { useCallback, useState } from 'react';
import { useSession } from '../session';
import { dropDraft, loadDraft, saveDraft } from './store';

// useDraft is the draft of one form of the person who is signed in. found is what
// was kept when the form was opened, until somebody starts over.
export function useDraft<T>(form: string, read: (value: unknown) => T | null) {
  const { id } = useSession().user;
  const [found, setFound] = useState(() => loadDraft(id, form, read));
  const keep = useCallback((value: T, secret: boolean) => saveDraft(id, form, value, secret), [id, form]);
  const drop = useCallback(() => dropDraft(id, form), [id, form]);
  const forget = useCallback(() => {
    dropDraft(id, form);
    setFound(null);
  }, [id, form]);
  return { found, keep, drop, forget };
}
