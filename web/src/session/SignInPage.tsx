import { Alert } from '@mantine/core';
import { useFocusTrap } from '@mantine/hooks';
import { Navigate, useNavigate, useSearchParams } from 'react-router';
import { useText } from '../text';
import { Problem, Rows } from '../ui';
import { Plain } from './Plain';
import { useSessionQuery, useSetupNeeded } from './queries';
import { SignInForm } from './SignInForm';
import { target } from './target';

export default function SignInPage() {
  const t = useText();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const session = useSessionQuery();
  const setup = useSetupNeeded();
  const focus = useFocusTrap(true);
  const to = target(search.get('to'));

  if (session.data) return <Navigate to={to} replace />;
  return (
    <Plain title={t.session.title}>
      {session.isPending && <Rows n={3} />}
      {session.isError && <Problem error={session.error} onRetry={() => void session.refetch()} retrying={session.isFetching} />}
      {setup.data === true && (
        <Alert title={t.session.notSetUp} color="yellow">
          {t.session.notSetUpText}
        </Alert>
      )}
      {session.data === null && setup.data !== true && (
        <div ref={focus}>
          <SignInForm onSignedIn={() => void navigate(to, { replace: true })} />
        </div>
      )}
    </Plain>
  );
}
