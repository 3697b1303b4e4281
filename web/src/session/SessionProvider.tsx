import { Button, Modal, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef, type ReactNode } from 'react';
import { Navigate, useLocation, useNavigate } from 'react-router';
import { api, data } from '../api';
import { useText } from '../text';
import { Problem, Rows } from '../ui';
import { SessionContext, type Session } from './context';
import { sessionKeys } from './keys';
import { Plain } from './Plain';
import { endSession, forgetData, isEnded, useSessionQuery, type SessionView } from './queries';
import { SignInForm } from './SignInForm';
import { signInAddress } from './target';
import { useNoEscape } from './useNoEscape';

// SessionProvider shows its children to signed-in people. When a session ends
// under an open page the page stays, with what was typed, and a dialog asks for
// the password.
export function SessionProvider({ children }: { children: ReactNode }) {
  const t = useText();
  const location = useLocation();
  const query = useSessionQuery();
  const last = useRef<SessionView | null>(null);
  const leaving = useRef(false);
  if (query.data) last.current = query.data;
  const view = query.data ?? last.current;

  const leave = useCallback(() => {
    leaving.current = true;
  }, []);

  if (view && !leaving.current) {
    return (
      <Signed key={view.user.id} view={view} onLeave={leave}>
        {children}
        <Again opened={query.data === null} email={view.user.email} onLeave={leave} />
      </Signed>
    );
  }
  if (query.data === null) return <Navigate to={leaving.current ? '/sign-in' : signInAddress(location)} replace />;
  return (
    <Plain title={t.shell.product}>
      {query.isError ? <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} /> : <Rows n={3} />}
    </Plain>
  );
}

interface SignedProps {
  view: SessionView;
  onLeave: () => void;
  children: ReactNode;
}

function Signed({ view, onLeave, children }: SignedProps) {
  const client = useQueryClient();
  const session = useMemo<Session>(() => {
    const end = async (call: () => Promise<unknown>) => {
      try {
        await call();
      } catch (error) {
        if (!isEnded(error)) throw error;
      }
      onLeave();
      endSession(client);
      forgetData(client);
    };
    return {
      ...view,
      isSystemAdmin: view.user.role === 'system_admin',
      can: (permission) => view.permissions.includes(permission),
      signOut: () => end(() => data(api.DELETE('/api/v1/session'))),
      signOutEverywhere: () => end(() => data(api.DELETE('/api/v1/sessions'))),
    };
  }, [view, client, onLeave]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

interface AgainProps {
  opened: boolean;
  email: string;
  onLeave: () => void;
}

// Again asks for the password over the page. There is no way around it.
function Again({ opened, email, onLeave }: AgainProps) {
  const t = useText();
  const client = useQueryClient();
  const navigate = useNavigate();
  useNoEscape(opened);
  const other = () => {
    onLeave();
    endSession(client);
    forgetData(client);
    void navigate('/sign-in', { replace: true });
  };
  const signedIn = () => void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== sessionKeys.all[0] });
  return (
    <Modal opened={opened} onClose={() => undefined} title={t.session.ended} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} zIndex={500}>
      <Stack>
        <Text size="sm">{t.session.endedText}</Text>
        <SignInForm email={email} onSignedIn={signedIn} />
        <Button variant="subtle" size="compact-sm" onClick={other}>
          {t.session.other}
        </Button>
      </Stack>
    </Modal>
  );
}
