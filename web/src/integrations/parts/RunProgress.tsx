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

// isPlain says that there is nothing to tell of a sync but its figures.
export const isPlain = (run: Run) => !run.failure && run.partial.length === 0 && run.off.length === 0;

// RunTrouble is what a sync could not read, and why, and what is off and so was not asked for.
export function RunTrouble({ run }: { run: Run }) {
  const t = useText().integrationPage.run;
  return (
    <>
      <Sources title={t.partly} of={run.partial} />
      <Sources title={t.off} of={run.off} />
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

function Sources({ title, of }: { title: string; of: readonly string[] }) {
  if (of.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={500}>
        {title}
      </Text>
      <List size="sm">
        {of.map((what) => (
          <List.Item key={what}>{what}</List.Item>
        ))}
      </List>
    </div>
  );
}
