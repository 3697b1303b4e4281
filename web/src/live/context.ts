import { createContext, use } from 'react';
import type { State } from './feed';

export interface Live {
  state: State;
  since: Date | null; // when the connection was lost
}

export const LiveContext = createContext<Live>({ state: 'reconnecting', since: null });

// useLive says if what is shown changes by itself at the moment.
export const useLive = (): Live => use(LiveContext);
