import { LiveProvider } from '../live';
import { SessionProvider } from '../session';
import { useSessionQuery } from '../session/queries';
import { useTrackingFor } from '../track';
import { Shell } from './Shell';

// Frame is what stands around every page that needs somebody signed in.
export function Frame() {
  return (
    <SessionProvider>
      <Listening />
    </SessionProvider>
  );
}

function Listening() {
  const { data } = useSessionQuery();
  useTrackingFor(data?.tracking ? data.user.id : null);
  return (
    <LiveProvider signedIn={Boolean(data)}>
      <Shell />
    </LiveProvider>
  );
}
