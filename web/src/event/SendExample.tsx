import { Button, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useApiKey } from '../apikey/queries';
import { useText } from '../text';
import { Code, Empty } from '../ui';
import { curlOf } from './curl';

// SendExample is what there is to see before the first event: how to send one.
export function SendExample() {
  const t = useText();
  const words = t.event.example;
  const key = useApiKey().data?.maskedDisplay ?? 'sX_…';
  return (
    <Empty
      title={words.title}
      text={
        <Stack gap="xs" ta="left">
          <Text size="sm">{words.text}</Text>
          <Code text={curlOf(window.location.origin, key)} copy={words.copy} />
          <Text size="sm">{words.hint}</Text>
        </Stack>
      }
      action={
        <Button component={Link} to="/settings/integrations" variant="default">
          {words.action}
        </Button>
      }
    />
  );
}
