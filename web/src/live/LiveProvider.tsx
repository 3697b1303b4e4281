import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { sessionKeys } from '../session/keys';
import { doubtSession } from '../session/queries';
import { LiveContext, type Live } from './context';
import type { Signal } from './feed';
import { openLine } from './line';
import { refetch } from './refetch';
import { Refresher } from './refresh';
import { pauseOf, staleBy } from './topics';

interface Props {
  signedIn: boolean;
  children: ReactNode;
}

// LiveProvider listens to the server's changes while somebody is signed in, and
// has the queries of a changed topic fetched anew: every query key begins with
// its topic.
export function LiveProvider({ signedIn, children }: Props) {
  const client = useQueryClient();
  const [live, setLive] = useState<Live>({ state: 'reconnecting', since: null });

  useEffect(() => {
    if (!signedIn) return;
    const refresher = new Refresher((topic) => refetch(client, topic), pauseOf);
    let lost = false;
    const hear = (signal: Signal) => {
      switch (signal.kind) {
        case 'state':
          // A stream ends when its session's role changes, among others.
          if (lost && signal.state === 'live') void client.invalidateQueries({ queryKey: sessionKeys.current() });
          lost = signal.since !== null;
          setLive({ state: signal.state, since: signal.since === null ? null : new Date(signal.since) });
          return;
        case 'change':
          for (const topic of staleBy(signal.topic)) refresher.topic(topic);
          return;
        case 'resync':
          refresher.all();
          return;
        case 'ended':
          void doubtSession(client).then((there) => there && hello());
      }
    };
    const line = openLine(hear);
    const look = () => {
      if (document.hidden) return refresher.sleep();
      line.call('wake');
      refresher.wake();
    };
    const hello = () => line.call('hello');
    const bye = () => line.call('bye');
    const wake = () => line.call('wake');
    hello();
    look();
    document.addEventListener('visibilitychange', look);
    window.addEventListener('online', wake);
    window.addEventListener('pagehide', bye);
    window.addEventListener('pageshow', hello);
    return () => {
      bye();
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('online', wake);
      window.removeEventListener('pagehide', bye);
      window.removeEventListener('pageshow', hello);
    };
  }, [client, signedIn]);

  return <LiveContext value={live}>{children}</LiveContext>;
}
