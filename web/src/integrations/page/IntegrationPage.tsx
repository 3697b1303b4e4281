import { Group, Stack } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useLocation, useParams } from 'react-router';
import { ApiProblem } from '../../api';
import { useText } from '../../text';
import { Empty, PageHeader, Problem, Rows } from '../../ui';
import { Section } from '../../webhook/page/Section';
import classes from '../../webhook/page/WebhookPage.module.css';
import { isConnected } from '../dashboard/filter';
import { ImportCard } from '../file/ImportCard';
import { useGuide } from '../guide';
import { GuideHost } from '../GuideHost';
import { Logo } from '../parts/Logo';
import { useCheck, useIntegration } from '../queries';
import { useReview } from '../review';
import type { Detail } from '../types';
import { AppCard } from './AppCard';
import { DisconnectCard, Disconnected, type Ended } from './DisconnectCard';
import { HealthCard } from './HealthCard';
import { MessagesCard } from './MessagesCard';
import { ScopesCard } from './ScopesCard';
import { SettingsCard } from './SettingsCard';
import { StatusCard } from './StatusCard';
import { SyncCard } from './SyncCard';
import { SyncLogCard } from './SyncLogCard';
import { TestCard } from './TestCard';

const back = '/settings/integrations';

// IntegrationPage is everything about one integration.
export default function IntegrationPage() {
  const { slug = '' } = useParams();
  return <Page key={slug} slug={slug} />;
}

function Page({ slug }: { slug: string }) {
  const t = useText();
  const words = t.integrationPage;
  const query = useIntegration(slug);
  const guide = useGuide();
  const gone = query.error instanceof ApiProblem && query.error.status === 404;
  const detail = gone ? undefined : query.data;
  return (
    <>
      <PageHeader
        title={detail?.name ?? words.title}
        subtitle={
          detail && (
            <Group gap="xs" wrap="nowrap">
              <Logo src={detail.icon} size={20} />
              {detail.description}
            </Group>
          )
        }
        back={{ to: back, label: words.back }}
      />
      {gone && <Empty title={words.gone} text={words.goneText} />}
      {!gone && !detail && <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />}
      {query.isPending && (
        <Section title={words.status.title}>
          <Rows n={5} />
        </Section>
      )}
      {detail && <Body detail={detail} guide={guide} />}
      <GuideHost guide={guide} />
    </>
  );
}

function Body({ detail, guide }: { detail: Detail; guide: ReturnType<typeof useGuide> }) {
  const review = useReview(detail);
  const check = useCheck();
  const [ended, setEnded] = useState<Ended | null>(null);
  const { hash } = useLocation();
  const connected = isConnected(detail);
  const runCheck = () => {
    review('tested');
    check.mutate(detail.slug);
  };

  // A card's "See steps" leads to them.
  useEffect(() => {
    if (hash !== '#guidance') return;
    const target = document.getElementById('guidance');
    target?.scrollIntoView({ block: 'nearest' });
    target?.focus({ preventScroll: true });
  }, [hash]);

  return (
    <Stack gap="md">
      {ended && !connected && <Disconnected ended={ended} name={detail.name} onClose={() => setEnded(null)} />}
      <div className={classes.columns}>
        <Stack gap="md" miw={0}>
          <StatusCard detail={detail} guide={guide} checking={check.isPending} onCheck={runCheck} onReview={review} />
          {connected && <TestCard detail={detail} check={check} onCheck={runCheck} />}
          {connected && detail.sync && <SyncCard detail={detail} />}
          <ScopesCard detail={detail} />
        </Stack>
        <Stack gap="md" miw={0}>
          {connected && <SettingsCard detail={detail} />}
          <AppCard detail={detail} />
        </Stack>
      </div>
      {detail.imports && <ImportCard slug={detail.slug} />}
      {connected && <HealthCard slug={detail.slug} />}
      {connected && detail.syncs && <SyncLogCard slug={detail.slug} />}
      {connected && detail.notifies && <MessagesCard slug={detail.slug} />}
      {connected && (
        <DisconnectCard
          detail={detail}
          onEnded={(result) => {
            review('disconnected');
            setEnded(result);
          }}
        />
      )}
    </Stack>
  );
}
