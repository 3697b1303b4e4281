import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api, ApiProblem, data, type Schemas } from '../api';
import { forgetDrafts } from '../draft/store';
import { sessionKeys } from './keys';

export type SessionView = Schemas['SessionView'];

// Whose data a cache holds.
const owners = new WeakMap<QueryClient, string>();

// arrive drops what another person has fetched in this tab. Somebody else may
// have signed in in another tab: the browser's session is theirs then.
function arrive(client: QueryClient, session: SessionView): SessionView {
  const before = owners.get(client);
  owners.set(client, session.user.id);
  if (before !== undefined && before !== session.user.id) forgetData(client);
  return session;
}

// forgetData drops all that was fetched or typed: what one person saw is not the
// next one's. The session itself stays known, for whoever watches it.
export function forgetData(client: QueryClient) {
  forgetDrafts();
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKeys.all[0] });
}

// fetchSession gives null for nobody: that is an answer, not an error.
async function fetchSession(client: QueryClient): Promise<SessionView | null> {
  try {
    return arrive(client, await data(api.GET('/api/v1/session')));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null;
    throw error;
  }
}

export function useSessionQuery() {
  return useQuery({ queryKey: sessionKeys.current(), queryFn: ({ client }) => fetchSession(client), staleTime: 60_000 });
}

export function useSetupNeeded() {
  return useQuery({
    queryKey: sessionKeys.setup(),
    queryFn: async () => (await data(api.GET('/api/v1/setup'))).needed,
  });
}

// useSignIn signs in and puts the new session where useSessionQuery reads it.
export function useSignIn() {
  const client = useQueryClient();
  return async (email: string, password: string): Promise<SessionView> => {
    const session = arrive(client, await data(api.POST('/api/v1/session', { body: { email, password } })));
    client.setQueryData(sessionKeys.current(), session);
    return session;
  };
}

// isEnded tells an ended session from a refused password.
export function isEnded(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 401 && !error.is('sign-in-refused');
}

// How often in a while an ended session may turn out to be there: a server that refuses
// what it has let in must not be asked for ever.
const lookMost = 5;
const lookWhile = 10_000;

interface Look {
  since: number;
  times: number;
  running: Promise<boolean> | null;
}

const looks = new WeakMap<QueryClient, Look>();

// doubtSession is for when the server says that nobody is signed in. Another tab may
// have signed in anew meanwhile: what was on its way then came with the session before,
// and the browser has one. It says whether that is so, and has all fetched again; else
// the session has ended.
export function doubtSession(client: QueryClient): Promise<boolean> {
  const look = looks.get(client) ?? { since: 0, times: 0, running: null };
  looks.set(client, look);
  look.running ??= lookAgain(client, look).finally(() => (look.running = null));
  return look.running;
}

async function lookAgain(client: QueryClient, look: Look): Promise<boolean> {
  if (Date.now() - look.since > lookWhile) Object.assign(look, { since: Date.now(), times: 0 });
  const session =
    look.times >= lookMost
      ? null
      : await client.fetchQuery({ queryKey: sessionKeys.current(), queryFn: () => fetchSession(client), staleTime: 0 }).catch(() => null);
  if (!session) {
    endSession(client);
    return false;
  }
  look.times += 1;
  void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== sessionKeys.all[0] });
  return true;
}

// endSession notes that nobody is signed in any more.
export function endSession(client: QueryClient) {
  client.setQueryData(sessionKeys.current(), null);
}
