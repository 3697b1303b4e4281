import { Alert, Button, Group, NativeSelect, Paper, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useText } from '../../text';
import { Problem } from '../../ui';
import { GuidanceText } from '../parts/GuidanceText';
import type { Rule } from '../types';
import { usePost, usePreview } from './queries';

const pause = 300; // ms after the last key

// RulePreview shows the message that a rule makes, as it is typed, and posts it
// once for a look.
export function RulePreview({ slug, rule }: { slug: string; rule: Rule }) {
  const t = useText().integrationPage.rules;
  const [chosen, setChosen] = useState('');
  const eventType = rule.events.includes(chosen) ? chosen : (rule.events[0] ?? '');
  const [calm] = useDebouncedValue(rule, pause);
  const preview = usePreview({ slug, rule: calm, eventType }, eventType !== '' && calm.title !== '');
  const post = usePost();
  const result = post.data;
  if (eventType === '') {
    return (
      <Text size="sm" c="dimmed">
        {t.previewNone}
      </Text>
    );
  }
  return (
    <Stack gap={6}>
      <Group gap="xs" align="flex-end">
        <Text size="sm" fw={500}>
          {t.preview}
        </Text>
        {rule.events.length > 1 ? (
          <NativeSelect size="xs" aria-label={t.preview} data={rule.events.map((type) => ({ value: type, label: t.previewOf(type) }))} value={eventType} onChange={(event) => setChosen(event.currentTarget.value)} />
        ) : (
          <Text size="sm" c="dimmed">
            {t.previewOf(eventType)}
          </Text>
        )}
      </Group>
      {preview.data && (
        <Paper withBorder p="xs" role="region" aria-label={t.preview} data-preview>
          <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
            {preview.data.title}
          </Text>
          <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {preview.data.text}
          </Text>
        </Paper>
      )}
      <Problem error={preview.error} />
      <Group gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          disabled={rule.channel === '' || rule.title.trim() === ''}
          loading={post.isPending}
          onClick={() => post.mutate({ slug, rule, eventType })}
        >
          {t.test}
        </Button>
      </Group>
      <Problem error={post.error} />
      {result && (
        <Alert color={result.ok ? 'green' : 'red'} p="xs" role="status" title={result.ok ? t.tested : t.testFailed}>
          {result.detail && <Text size="sm">{result.detail}</Text>}
          {result.guidance && <GuidanceText guidance={result.guidance} />}
        </Alert>
      )}
    </Stack>
  );
}
