import { Button, Text } from '@mantine/core';
import { useEffect } from 'react';
import { Link, useSearchParams } from 'react-router';
import { ApiProblem } from '../../api';
import { Plain } from '../../session/Plain';
import { useText } from '../../text';
import { Problem, Rows } from '../../ui';
import { guideLink } from '../guide';
import { useIntegration } from '../queries';
import { AttemptNote } from './AttemptOutcome';
import { isUnderWay, useAttempt } from './queries';

// ConnectedPage is where a provider leads back to. It says what came of the
// sign-in, and closes its window if it has one of its own: the page that opened it
// hears of it by itself.
export default function ConnectedPage() {
  const t = useText().connect.landed;
  const [search] = useSearchParams();
  const [slug, id] = [search.get('integration'), search.get('attempt')];
  return <Plain title={t.title}>{slug && id ? <Landed slug={slug} id={id} /> : <Unknown />}</Plain>;
}

function Unknown() {
  const t = useText();
  return (
    <>
      <Text fw={600}>{t.connect.landed.unknown}</Text>
      <Text size="sm">{t.connect.landed.unknownText}</Text>
      <Button component={Link} to="/settings/integrations">
        {t.connect.landed.back}
      </Button>
    </>
  );
}

function Landed({ slug, id }: { slug: string; id: string }) {
  const t = useText().connect.landed;
  const query = useAttempt(slug, id);
  const attempt = query.data;
  const settled = attempt !== undefined && !isUnderWay(attempt);
  useEffect(() => {
    if (settled) window.close(); // a browser does that only to windows that a script opened
  }, [settled]);
  const signedOut = query.error instanceof ApiProblem && query.error.status === 401;
  return (
    <>
      {query.isPending && <Rows n={3} />}
      {signedOut ? <Text size="sm">{t.signIn}</Text> : <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />}
      {attempt && <Result slug={slug} attempt={attempt} />}
      {(settled || query.isError) && (
        <Button component={Link} to={guideLink(slug, id)} replace>
          {t.back}
        </Button>
      )}
    </>
  );
}

function Result({ slug, attempt }: { slug: string; attempt: NonNullable<ReturnType<typeof useAttempt>['data']> }) {
  const t = useText().connect;
  const name = useIntegration(slug).data?.name ?? slug;
  switch (attempt.status) {
    case 'open':
    case 'exchanging':
      return <Rows n={2} />;
    case 'succeeded':
      return <Text role="status">{t.landed.done(name)}</Text>;
    case 'other_account':
      return (
        <>
          <Text role="status" fw={600}>
            {t.outcome.other_account}
          </Text>
          <Text size="sm">{t.landed.closed}</Text>
        </>
      );
    default:
      return (
        <>
          <AttemptNote name={name} attempt={attempt} />
          <Text size="sm">{t.landed.closed}</Text>
        </>
      );
  }
}
