import { Button, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Icon, Problem } from '../../ui';
import { Section } from '../../webhook/page/Section';
import { CheckSteps } from '../parts/CheckSteps';
import { GuidanceText } from '../parts/GuidanceText';
import type { useCheck } from '../queries';
import type { Detail } from '../types';

interface Props {
  detail: Detail;
  check: ReturnType<typeof useCheck>;
  onCheck: () => void;
}

// TestCard tries each step to the provider, and shows which one fails.
export function TestCard({ detail, check, onCheck }: Props) {
  const t = useText();
  const words = t.integrations.check;
  const result = check.data;
  const button = (
    <Button variant="default" leftSection={<Icon name="bolt" />} loading={check.isPending} onClick={onCheck}>
      {words.title}
    </Button>
  );
  return (
    <Section title={t.integrationPage.test.title} text={t.integrationPage.test.text} actions={button}>
      <Stack gap="sm" role="status" aria-label={words.outcomeOf(detail.name)}>
        {check.isPending && (
          <>
            <Text size="sm">{words.running}</Text>
            <CheckSteps steps={undefined} />
          </>
        )}
        {result && !check.isPending && (
          <>
            <Text size="sm" fw={600}>
              {result.ok ? words.passed : words.failed}
            </Text>
            <CheckSteps steps={result.steps} />
            {result.guidance && <GuidanceText guidance={result.guidance} />}
          </>
        )}
        {!result && !check.isPending && (
          <Text size="sm" c="dimmed">
            {t.integrationPage.test.none}
          </Text>
        )}
      </Stack>
      <Problem error={check.error} onRetry={onCheck} retrying={check.isPending} />
    </Section>
  );
}
