import { Box, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { ApiProblem } from '../api';
import { useText } from '../text';
import { CopyId, Empty, PageHeader, Problem, Rows, When } from '../ui';
import { DeleteCard } from './page/DeleteCard';
import { DeliveriesCard } from './page/DeliveriesCard';
import { HeadersCard } from './page/HeadersCard';
import { HealthCard } from './page/HealthCard';
import { SecretCard } from './page/SecretCard';
import { Section } from './page/Section';
import { SettingsCard } from './page/SettingsCard';
import { StatusCard } from './page/StatusCard';
import { VerifyCard } from './page/VerifyCard';
import { WaitingCard } from './page/WaitingCard';
import classes from './page/WebhookPage.module.css';
import { useWebhook, type Webhook } from './queries';

const back = '/settings/integrations?webhooks=open';

// WebhookPage is everything about one webhook.
export default function WebhookPage() {
  const { id = '' } = useParams();
  return <Page key={id} id={id} />;
}

function Page({ id }: { id: string }) {
  const t = useText().webhookPage;
  const [deleting, setDeleting] = useState(false);
  const query = useWebhook(id, { enabled: !deleting });
  const gone = query.error instanceof ApiProblem && query.error.status === 404 && !deleting;
  const webhook = gone ? undefined : query.data;
  return (
    <>
      <PageHeader
        title={webhook?.url ?? t.title}
        subtitle={webhook && <Subtitle webhook={webhook} />}
        back={{ to: back, label: t.back }}
      />
      {gone && <Gone id={id} />}
      {!gone && <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />}
      {query.isPending && <Loading />}
      {webhook && (
        <Stack gap="md">
          <div className={classes.columns}>
            <Stack gap="md" miw={0}>
              <StatusCard webhook={webhook} />
              <WaitingCard webhook={webhook} />
              <HealthCard webhook={webhook} />
            </Stack>
            <Stack gap="md" miw={0}>
              <SettingsCard webhook={webhook} />
              <SecretCard webhook={webhook} />
            </Stack>
          </div>
          <DeliveriesCard webhook={webhook} />
          <HeadersCard webhook={webhook} />
          <VerifyCard />
          <DeleteCard webhook={webhook} onDeleting={setDeleting} />
        </Stack>
      )}
    </>
  );
}

function Subtitle({ webhook }: { webhook: Webhook }) {
  const t = useText().webhookPage;
  return (
    <Stack gap={2}>
      {webhook.description && <Text size="sm">{webhook.description}</Text>}
      <Group gap="xs">
        <CopyId value={webhook.id} label={t.copyId} />
        <span>
          {t.created} <When at={webhook.created} />
        </span>
      </Group>
    </Stack>
  );
}

function Gone({ id }: { id: string }) {
  const t = useText().webhookPage.gone;
  const action = (
    <Group gap="xs" justify="center">
      <Button component={Link} to={back}>
        {t.list}
      </Button>
      <Button component={Link} to={`/settings/deliveries?webhook=${encodeURIComponent(id)}`} variant="default">
        {t.deliveries}
      </Button>
    </Group>
  );
  return <Empty title={t.title} text={t.text} action={action} />;
}

function Loading() {
  const t = useText().webhookPage;
  return (
    <div className={classes.columns}>
      <Section title={t.status.title}>
        <Rows n={4} />
      </Section>
      <Box aria-hidden>
        <Skeleton height={180} />
      </Box>
    </div>
  );
}
