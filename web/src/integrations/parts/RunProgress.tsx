import { Group, List, Loader, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Figure, Num } from '../../ui';
import type { Run } from '../types';
import { GuidanceText } from './GuidanceText';

// RunProgress is what a sync has read so far, or in all.
export function RunProgress({ run }: { run: Run }) {
  const t = useText().integrationPage.run;
  const figures = [
    [t.columns.read, run.read],
    [t.columns.created, run.created],
    [t.columns.changed, run.changed],
    [t.columns.removed, run.removed],
    [t.columns.skipped, run.skipped],
  ] as const;
  return (
    <Stack gap="xs">
      <Group gap="lg" align="flex-start">
        {run.state === 'running' && <Loader size="sm" aria-hidden />}
        <Group component="dl" gap="lg" m={0}>
          {figures.map(([name, n]) => (
            <Figure key={name} name={name}>
              <Num value={n} />
            </Figure>
          ))}
        </Group>
      </Group>
      <RunTrouble run={run} />
    </Stack>
  );
}

// RunTrouble is what a sync could not read, and why.
export function RunTrouble({ run }: { run: Run }) {
  const t = useText().integrationPage.run;
  return (
    <>
      {run.partial.length > 0 && (
        <div>
          <Text size="sm" fw={500}>
            {t.partly}
          </Text>
          <List size="sm">
            {run.partial.map((what) => (
              <List.Item key={what}>{what}</List.Item>
            ))}
          </List>
        </div>
      )}
      {run.failure && (
        <Stack gap={4}>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {run.failure.detail} {run.failure.code && `(${run.failure.code})`}
          </Text>
          <GuidanceText guidance={run.failure.guidance} />
        </Stack>
      )}
    </>
  );
}
