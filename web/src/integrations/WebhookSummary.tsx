import { Button, Stack, Text } from '@mantine/core';
import { Fragment } from 'react';
import { useText } from '../text';
import { Head, Num, Problem, When } from '../ui';
import { useWebhooks } from '../webhook/queries';
import { useNewestDelivered } from './queries';
import { countStatuses, lastDelivery, statuses } from './summary';

interface Props {
  onConfigure: () => void;
}

// WebhookSummary says in one line how the webhooks are, and opens their dialog.
export function WebhookSummary({ onConfigure }: Props) {
  const t = useText().integrations.webhooks;
  const configure = (
    <Button color="blue" onClick={onConfigure}>
      {t.configure}
    </Button>
  );
  return (
    <Stack gap="xs">
      <Head order={3} size="h4" title={t.title} text={t.subtitle} actions={configure} />
      <Line />
    </Stack>
  );
}

const colors = { active: undefined, failing: 'orange', off: undefined, disabled: 'red' } as const;

function Line() {
  const t = useText().integrations.webhooks;
  const webhooks = useWebhooks();
  const newest = useNewestDelivered();
  if (webhooks.isError && !webhooks.data) {
    return <Problem error={webhooks.error} onRetry={() => void webhooks.refetch()} retrying={webhooks.isFetching} />;
  }
  const all = webhooks.data?.activeWebhooks;
  const counts = all && countStatuses(all);
  const known = all && newest.data !== undefined;
  const last = known ? lastDelivery(all, newest.data) : null;
  return (
    <Text component="p" size="sm" m={0}>
      {statuses.map((status) => (
        <Fragment key={status}>
          <Text span inherit fw={counts && counts[status] > 0 && colors[status] ? 600 : undefined} c={counts && counts[status] > 0 ? colors[status] : undefined}>
            <Num value={counts?.[status]} /> {t.counts[status]}
          </Text>
          {', '}
        </Fragment>
      ))}
      {known && !last ? (
        t.none
      ) : (
        <>
          {t.last} <When at={last} />
        </>
      )}
    </Text>
  );
}
