import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../text';
import { Problem } from '../ui';
import { useChangeWebhook, useWebhooks, type Webhook } from '../webhook/queries';
import { headersWith, type Form } from './replacement';

interface Props {
  apiKey: string;
}

// HeaderReplacement offers to put the new key where a webhook's custom headers
// hold the old one. The server shows no values, so the person says where.
export function HeaderReplacement({ apiKey }: Props) {
  const t = useText().apikey.headers;
  const webhooks = useWebhooks().data?.activeWebhooks ?? [];
  const candidates = webhooks.filter((w) => (w.headerNames ?? []).length > 0);
  if (candidates.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label={t.title}>
      <div>
        <Text fw={600} size="sm">
          {t.title}
        </Text>
        <Text size="sm" c="dimmed">
          {t.explain}
        </Text>
      </div>
      {candidates.map((w) => (
        <OneWebhook key={w.id} webhook={w} apiKey={apiKey} />
      ))}
    </Stack>
  );
}

function OneWebhook({ webhook, apiKey }: Props & { webhook: Webhook }) {
  const t = useText().apikey.headers;
  const names = webhook.headerNames ?? [];
  const change = useChangeWebhook();
  const [header, setHeader] = useState(names.find((n) => /key|auth|token/i.test(n)) ?? names[0] ?? '');
  const [form, setForm] = useState<Form>(/^authorization$/i.test(header) ? 'bearer' : 'plain');
  const [done, setDone] = useState('');

  function replace() {
    setDone('');
    const headers = headersWith(names, header, form, apiKey);
    change.mutate({ id: webhook.id, version: webhook.version, change: { headers } }, { onSuccess: () => setDone(header) });
  }

  return (
    <Stack gap={6}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {webhook.url}
      </Text>
      <Group gap="xs" align="flex-end">
        <NativeSelect
          flex="1 1 11rem"
          label={t.header}
          aria-label={t.of(t.header, webhook.url)}
          data={names}
          value={header}
          onChange={(event) => setHeader(event.currentTarget.value)}
        />
        <NativeSelect
          flex="1 1 11rem"
          label={t.form}
          aria-label={t.of(t.form, webhook.url)}
          data={[
            { value: 'plain', label: t.plain },
            { value: 'bearer', label: t.bearer },
          ]}
          value={form}
          onChange={(event) => setForm(event.currentTarget.value === 'bearer' ? 'bearer' : 'plain')}
        />
        <Button variant="default" loading={change.isPending} aria-label={t.of(t.replace, webhook.url)} onClick={replace}>
          {t.replace}
        </Button>
      </Group>
      <Text size="sm" c="green" role="status">
        {done && t.replaced(done)}
      </Text>
      <Problem error={change.error} />
    </Stack>
  );
}
