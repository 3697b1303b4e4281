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

// useNewSecret asks the server for a secret, once for each new webhook. "ask"
// gives it when it is there, and none if the server does not give one.
export function useNewSecret(user: string) {
  const [secret, setSecret] = useState(() => kept.get(user));
  const [error, setError] = useState<unknown>(null);
  const asking = useRef<Promise<string | undefined> | null>(null);
  const ask = useCallback(() => {
    const there = kept.get(user);
    if (there !== undefined) return Promise.resolve<string | undefined>(there);
    asking.current ??= (async () => {
      setError(null);
      try {
        const answer = await data(api.POST('/api/v1/webhooks/secret'));
        kept.set(user, answer.secret);
        setSecret(answer.secret);
        return answer.secret;
      } catch (problem) {
        setError(problem);
        return undefined;
      } finally {
        asking.current = null;
      }
    })();
    return asking.current;
  }, [user]);
  useEffect(() => void ask(), [ask]);
  return { secret, error, ask };
}
