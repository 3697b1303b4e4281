import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../text';
import { Address, Head, Problem, Rows } from '../ui';
import { useChangeWebhook, useWebhooks, type Webhook } from '../webhook/queries';
import type { NewKey } from './regeneration';
import { headersWith, type Holder } from './replacement';

// HeaderReplacement offers to put the new key where custom headers of webhooks
// hold the old one. The server says where and how; no value is shown.
export function HeaderReplacement({ made }: { made: NewKey }) {
  const t = useText().apikey.headers;
  const list = useWebhooks();
  if (!made.oldKeyIn) return <Text size="sm">{t.unknown}</Text>;
  if (made.oldKeyIn.length > 0 && !list.data) {
    return list.error ? <Problem error={list.error} onRetry={() => void list.refetch()} retrying={list.isFetching} /> : <Rows n={2} />;
  }
  const found = made.oldKeyIn.flatMap((holder) => {
    const webhook = list.data?.activeWebhooks.find((w) => w.id === holder.webhookId);
    return webhook ? [{ holder, webhook }] : [];
  });
  if (found.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label={t.title}>
      <Head order={3} size="h5" title={t.title} text={t.explain} />
      {found.map(({ holder, webhook }) => (
        <One key={`${holder.webhookId} ${holder.header}`} holder={holder} webhook={webhook} apiKey={made.apiKey} />
      ))}
    </Stack>
  );
}

interface OneProps {
  holder: Holder;
  webhook: Webhook;
  apiKey: string;
}

function One({ holder, webhook, apiKey }: OneProps) {
  const t = useText().apikey.headers;
  const change = useChangeWebhook();
  const { header } = holder;
  const within = holder.form === 'within';
  const replace = () => {
    const headers = headersWith(webhook.headerNames ?? [], holder, apiKey);
    change.mutate({ id: webhook.id, version: webhook.version, change: { headers } });
  };
  return (
    <Stack gap={6}>
      <Group gap="xs" justify="space-between">
        <Text size="sm" flex="1 1 14rem" miw={0} style={{ overflowWrap: 'anywhere' }}>
          <strong>{header}</strong>, <Address url={webhook.url} />
        </Text>
        {within && (
          <Anchor component={Link} to={`/settings/webhooks/${webhook.id}`} size="sm">
            {t.page}
          </Anchor>
        )}
        {!within && (
          <Button size="compact-sm" variant="default" loading={change.isPending} aria-label={t.replaceOf(header, webhook.url)} onClick={replace}>
            {t.replace}
          </Button>
        )}
      </Group>
      {within && <Text size="sm">{t.within}</Text>}
      <Text size="sm" c="green" role="status">
        {change.isSuccess && t.replaced(header)}
      </Text>
      <Problem error={change.error} />
    </Stack>
  );
}
