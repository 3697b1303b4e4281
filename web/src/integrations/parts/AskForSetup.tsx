import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Icon, Problem } from '../../ui';
import { useAskForSetup } from '../queries';

// AskForSetup says who can set the application up, and asks them.
export function AskForSetup({ slug }: { slug: string }) {
  const t = useText().connect.setup;
  const ask = useAskForSetup();
  return (
    <Stack gap="sm">
      <Text size="sm">{t.others}</Text>
      {ask.isSuccess ? (
        <Alert color="green" role="status" p="xs" icon={<Icon name="check" />}>
          <Text size="sm">{t.asked}</Text>
        </Alert>
      ) : (
        <Group>
          <Button leftSection={<Icon name="send" />} loading={ask.isPending} onClick={() => ask.mutate(slug)}>
            {t.ask}
          </Button>
        </Group>
      )}
      <Problem error={ask.error} onRetry={() => ask.mutate(slug)} retrying={ask.isPending} />
    </Stack>
  );
}
