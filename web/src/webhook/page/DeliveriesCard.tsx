import { Button, Stack } from '@mantine/core';
import { useId, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { DeliveryTable, ReplayDialog } from '../../delivery';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Empty, Icon, Problem, Rows } from '../../ui';
import type { Webhook } from '../queries';
import { useNewestDeliveries } from './queries';
import { Reason, Section } from './Section';

const listOf = (id: string, since = '') => `/settings/deliveries?${new URLSearchParams({ webhook: id, ...(since && { since }) })}`;

// DeliveriesCard lists the newest deliveries; the list of all has filters. A
// system administrator sends the failed ones of a time range again.
export function DeliveriesCard({ webhook }: { webhook: Webhook }) {
  const t = useText();
  const words = t.webhookPage.deliveries;
  const may = useSession().can('delivery.replay');
  const list = useNewestDeliveries(webhook.id);
  const items = list.data?.items;
  const navigate = useNavigate();
  const [replaying, setReplaying] = useState(false);
  const why = useId();
  const actions = (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="retry" />}
        disabled={!may}
        aria-describedby={may ? undefined : why}
        onClick={() => setReplaying(true)}
      >
        {words.replay}
      </Button>
      <Button component={Link} to={listOf(webhook.id)} variant="default">
        {words.all}
      </Button>
    </>
  );
  return (
    <Section title={words.title} actions={actions}>
      <Stack gap="sm">
        {!may && <Reason id={why}>{t.delivery.replay.notAllowed}</Reason>}
        <Problem error={list.error} onRetry={() => void list.refetch()} retrying={list.isFetching} />
        {list.isPending && <Rows n={5} />}
        {items?.length === 0 && <Empty title={words.none} text={words.noneText(webhook.events.join(', '))} />}
        {items && items.length > 0 && <DeliveryTable items={items} caption={words.caption} hideWebhook />}
      </Stack>
      {may && (
        <ReplayDialog
          opened={replaying}
          webhookId={webhook.id}
          onClose={() => setReplaying(false)}
          onShow={(id, since) => void navigate(listOf(id, since))}
        />
      )}
    </Section>
  );
}
