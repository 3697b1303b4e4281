import { Paper, Stack } from '@mantine/core';
import { lazy, Suspense, useEffect, useState } from 'react';
import { ApiKeySection, Usage } from '../apikey';
import { useSession } from '../session';
import { useText } from '../text';
import { onceMore, PageHeader } from '../ui';
import { Dashboard } from './dashboard/Dashboard';
import { useGuide } from './guide';
import { GuideHost } from './GuideHost';
import { useWebhookModal } from './modal';
import { Opening } from './Opening';
import { Section } from './Section';
import { WebhookSummary } from './WebhookSummary';

const load = onceMore(() => import('../webhook/ConfigurationModal'));
const ConfigurationModal = lazy(load);
const calm = 1_500; // ms after which the page is there: the dialog is fetched ahead

// IntegrationsPage is the console's first page: what is connected, and below it what
// other systems connect to.
export default function IntegrationsPage() {
  const t = useText().integrations;
  const { organization } = useSession();
  const modal = useWebhookModal();
  const guide = useGuide();
  const [needed, setNeeded] = useState(modal.opened);
  if (modal.opened && !needed) setNeeded(true);
  useEffect(() => {
    const timer = setTimeout(() => void load().catch(() => undefined), calm); // a click tries again
    return () => clearTimeout(timer);
  }, []);

  return (
    <>
      <PageHeader title={t.title} subtitle={t.subtitle(organization.name)} />
      <Stack gap="xl">
        <Dashboard guide={guide} />
        <Section title={t.settings.title} subtitle={t.settings.subtitle}>
          <Paper withBorder p="md">
            <ApiKeySection />
          </Paper>
          <Paper withBorder p="md">
            <Usage />
          </Paper>
          <Paper withBorder p="md">
            <WebhookSummary onConfigure={modal.open} />
          </Paper>
        </Section>
      </Stack>
      <GuideHost guide={guide} />
      {needed && (
        <Suspense fallback={<Opening opened={modal.opened} onClose={modal.close} />}>
          <ConfigurationModal
            opened={modal.opened}
            adding={modal.adding}
            editing={modal.editing}
            onClose={modal.close}
            onAdd={modal.add}
            onEdit={modal.edit}
            onList={modal.list}
          />
        </Suspense>
      )}
    </>
  );
}
