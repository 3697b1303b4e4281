import { Alert, Anchor, Button, Card, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Link } from 'react-router';
import { ApiProblem } from '../api';
import { useText } from '../text';
import { Confirm, CopyButton, CopyField, Head, Icon, Problem } from '../ui';
import { useSetRoutes, type Routes } from './queries';
import { TestButton } from './TestButton';

interface Props {
  routes: Routes;
  mail: boolean;
}

// Ways are the organization's own ends of the channels, each with a test.
export function Ways({ routes, mail }: Props) {
  const t = useText();
  const words = t.alert.page.ways;
  return (
    <SimpleGrid cols={{ base: 1, md: 3 }}>
      <Way title={words.email} text={words.emailText}>
        <Anchor component={Link} to="/settings/system" size="sm" underline="always">
          {words.emailSystem}
        </Anchor>
        <TestButton channel="email" disabled={!mail} />
      </Way>
      <Way title={words.slack} text={words.slackText}>
        <SlackForm stored={routes.slackChannel} />
        <TestButton channel="slack" />
      </Way>
      <Way title={words.webhook} text={words.webhookText}>
        <WebhookForm stored={routes.webhookUrl} />
        <TestButton channel="webhook" disabled={!routes.webhookUrl} />
      </Way>
    </SimpleGrid>
  );
}

function Way({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <Card withBorder component="section" aria-label={title}>
      <Stack gap="sm">
        <Head order={2} size="h4" title={title} text={text} />
        {children}
      </Stack>
    </Card>
  );
}

function SlackForm({ stored }: { stored: string }) {
  const t = useText();
  const words = t.alert.page.ways;
  const set = useSetRoutes();
  const [typed, setTyped] = useState<string | null>(null); // null: as it is stored
  const channel = typed ?? stored;
  const save = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ slackChannel: channel.trim() }, { onSuccess: () => setTyped(null) });
  };
  return (
    <form onSubmit={save}>
      <Stack gap="xs" align="flex-start">
        <TextInput w="100%" label={words.slackChannel} description={words.slackHint} value={channel} maxLength={200} onChange={(event) => setTyped(event.currentTarget.value)} />
        <Button type="submit" size="xs" disabled={channel.trim() === stored} loading={set.isPending}>
          {words.save}
        </Button>
        <Problem error={set.error} />
      </Stack>
    </form>
  );
}

// WebhookForm shows a secret that was just made until the page is left.
function WebhookForm({ stored }: { stored: string }) {
  const t = useText();
  const words = t.alert.page.ways;
  const set = useSetRoutes();
  const [typed, setTyped] = useState<string | null>(null); // null: as it is stored
  const url = typed ?? stored;
  const [asking, setAsking] = useState(false);
  const save = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ webhookUrl: url.trim() }, { onSuccess: () => setTyped(null) });
  };
  const renew = () => set.mutate({ newSecret: true }, { onSettled: () => setAsking(false) });
  const refused = set.error instanceof ApiProblem && set.error.is('alert-webhook-refused');
  const secret = set.data?.webhookSecret;
  return (
    <>
    <form onSubmit={save}>
      <Stack gap="xs" align="flex-start">
        <TextInput
          w="100%"
          type="url"
          label={words.webhookUrl}
          description={words.webhookHint}
          value={url}
          maxLength={4096}
          error={refused && set.error instanceof ApiProblem ? set.error.detail : undefined}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Group gap="xs">
          <Button type="submit" size="xs" disabled={url.trim() === stored} loading={set.isPending}>
            {words.save}
          </Button>
          {stored && (
            <Button size="xs" variant="default" onClick={() => setAsking(true)}>
              {words.newSecret}
            </Button>
          )}
        </Group>
        {!refused && <Problem error={set.error} />}
        {secret && <Secret value={secret} />}
      </Stack>
    </form>
      <Confirm
        opened={asking}
        title={words.newSecret}
        consequence={words.newSecretText}
        confirmLabel={words.newSecret}
        busy={set.isPending}
        error={null}
        onConfirm={renew}
        onClose={() => setAsking(false)}
      />
    </>
  );
}

function Secret({ value }: { value: string }) {
  const t = useText();
  const words = t.alert.page.ways;
  return (
    <Alert w="100%" color="green" title={words.secret} icon={<Icon name="key" />}>
      <Text size="sm" mb={4}>
        {words.secretText}
      </Text>
      <Group gap="xs" wrap="nowrap">
        <CopyField flex={1} value={value} aria-label={words.secret} />
        <CopyButton value={value} label={t.shell.copy} />
      </Group>
    </Alert>
  );
}
