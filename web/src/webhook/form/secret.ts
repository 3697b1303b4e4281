import { useCallback, useEffect, useRef, useState } from 'react';
import { api, data } from '../../api';

// The signing secret of the webhook that is being added, by user. It lives in
// memory alone, so that the modal can be closed and opened again with it.
const kept = new Map<string, string>();

export function keptSecret(user: string): string | undefined {
  return kept.get(user);
}

export function forgetSecret(user: string) {
  kept.delete(user);
}

// useNewSecret asks the server for a secret, once for each new webhook.
export function useNewSecret(user: string) {
  const [secret, setSecret] = useState(() => kept.get(user));
  const [error, setError] = useState<unknown>(null);
  const asked = useRef(false);
  const ask = useCallback(async () => {
    if (asked.current || kept.has(user)) return;
    asked.current = true;
    setError(null);
    try {
      const answer = await data(api.POST('/api/v1/webhooks/secret'));
      kept.set(user, answer.secret);
      setSecret(answer.secret);
    } catch (problem) {
      asked.current = false;
      setError(problem);
    }
  }, [user]);
  useEffect(() => void ask(), [ask]);
  return { secret, error, retry: ask };
}
