import { Paper, Stack } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { ApiKeySection, Usage } from '../apikey';
import { useSession } from '../session';
import { useText } from '../text';
import { PageHeader } from '../ui';
import { useWebhookModal } from './modal';
import { Section } from './Section';
import { WebhookSummary } from './WebhookSummary';

const ConfigurationModal = lazy(() => import('../webhook/ConfigurationModal'));

// IntegrationsPage is the console's first page, a section below the other.
export default function IntegrationsPage() {
  const t = useText().integrations;
  const { organization } = useSession();
  const modal = useWebhookModal();
  const [needed, setNeeded] = useState(modal.opened);
  if (modal.opened && !needed) setNeeded(true);

  return (
    <>
      <PageHeader title={t.title} subtitle={t.subtitle(organization.name)} />
      <Stack gap="xl">
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
      {needed && (
        <Suspense>
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
