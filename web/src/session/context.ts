import { createContext, use } from 'react';
import type { Schemas } from '../api';

export interface Session {
  user: Schemas['UserView'];
  organization: Schemas['OrganizationView'];
  permissions: readonly string[];
  isSystemAdmin: boolean;
  can: (permission: string) => boolean;
  signOut: () => Promise<void>;
  signOutEverywhere: () => Promise<void>;
}

export const SessionContext = createContext<Session | null>(null);

// useSession is who is signed in. Pages are shown to signed-in people only.
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('useSession is for what is inside SessionProvider');
  return session;
}
