import { Alert, Button, Stack, Text } from '@mantine/core';
import { useText } from '../text';
import { Icon, Problem } from '../ui';
import { useTest, type Channel, type Trial } from './queries';

// TestButton sends a test alert by the way that real ones go, and shows what the
// other end said.
export function TestButton({ channel, disabled = false }: { channel: Channel; disabled?: boolean }) {
  const t = useText();
  const test = useTest(channel);
  return (
    <Stack gap="xs" align="flex-start">
      <Button size="xs" variant="default" leftSection={<Icon name="send" size={14} />} disabled={disabled} loading={test.isPending} onClick={() => test.mutate()}>
        {t.alert.page.test[channel]}
      </Button>
      <Problem error={test.error} />
      {test.data && <Verdict trial={test.data} />}
    </Stack>
  );
}

function Verdict({ trial }: { trial: Trial }) {
  const t = useText();
  const words = t.alert.page.test;
  return (
    <Alert role="status" w="100%" color={trial.ok ? 'green' : 'red'} title={trial.ok ? words.ok : words.wrong} icon={<Icon name={trial.ok ? 'check' : 'alert'} />}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {trial.to && words.to(trial.to)} {trial.detail} ({words.took(trial.durationMs)})
      </Text>
    </Alert>
  );
}
