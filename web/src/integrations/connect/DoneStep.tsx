import { Button, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../../text';
import { Icon } from '../../ui';
import { RunProgress } from '../parts/RunProgress';
import type { Detail } from '../types';
import type { StepProps } from './ConnectGuide';

// DoneStep shows the first sync as it comes.
export function DoneStep({ detail, guide }: StepProps) {
  const t = useText().connect;
  return (
    <Stack gap="md">
      <Group gap="xs" role="status">
        <Icon name="check" />
        <Text fw={600}>
          {t.outcome.succeeded(detail.name)} {detail.account && t.outcome.account(detail.account)}
        </Text>
      </Group>
      {detail.syncs ? <FirstSync detail={detail} /> : <Text size="sm">{detail.notifies ? t.done.none(detail.name) : t.done.unread(detail.imports)}</Text>}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" component={Link} to={`/settings/integrations/${detail.slug}`}>
          {t.done.open}
        </Button>
        <Button onClick={guide.close} data-autofocus>
          {t.finish}
        </Button>
      </Group>
    </Stack>
  );
}

function FirstSync({ detail: { sync } }: { detail: Detail }) {
  const t = useText().connect.done;
  const run = sync?.running ?? sync?.lastRun;
  if (!run) {
    return (
      <Text size="sm" role="status">
        {t.soon}
      </Text>
    );
  }
  const words = run.state === 'running' ? t.first : run.state === 'failed' || run.state === 'interrupted' ? t.failed : t.finished;
  return (
    <Stack gap="xs">
      <Text size="sm" role="status">
        {words}
      </Text>
      <RunProgress run={run} />
    </Stack>
  );
}
