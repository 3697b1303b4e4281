import { Alert, CloseButton, Group, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import type { CheckResult } from '../types';
import { CheckSteps } from './CheckSteps';
import { GuidanceText } from './GuidanceText';

interface Props {
  name: string;
  result: CheckResult | undefined; // none while it is under way
  onDismiss: () => void;
}

// CheckOutcome is what came of a test, where the test was asked for.
export function CheckOutcome({ name, result, onDismiss }: Props) {
  const t = useText().integrations.check;
  const color = result ? (result.ok ? 'green' : 'red') : 'blue';
  return (
    <Alert color={color} p="xs" role="status" aria-label={t.outcomeOf(name)}>
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
          <Text size="sm" fw={600}>
            {result ? (result.ok ? t.passed : t.failed) : t.running}
          </Text>
          {result && <CloseButton size="sm" onClick={onDismiss} aria-label={t.dismiss} />}
        </Group>
        <CheckSteps steps={result?.steps} />
        {result?.guidance && <GuidanceText guidance={result.guidance} />}
      </Stack>
    </Alert>
  );
}
