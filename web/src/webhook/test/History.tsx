import { Button, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { duration } from '../../delivery/timing';
import { useText } from '../../text';
import { clock, Head, Icon } from '../../ui';
import { headline } from './outcome';
import type { TestResult } from './queries';

export interface Sent {
  number: number; // counts from 1 on this page
  payload: string; // as it was typed
  result: TestResult;
}

interface Props {
  sent: Sent[]; // newest first
  shown: number;
  onShow: (number: number) => void;
  onUse: (sent: Sent) => void;
}

// History is what was sent from this page since it was opened.
export function History({ sent, shown, onShow, onUse }: Props) {
  const t = useText();
  const words = t.testTool.history;
  if (sent.length === 0) return null;
  return (
    <Stack gap="xs" component="section" aria-label={words.title}>
      <Head order={2} size="h4" title={words.title} text={words.text} />
      <Stack gap={4} component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
        {sent.map((one) => {
          const at = clock(new Date(one.result.at));
          return (
            <li key={one.number}>
              <Group gap="sm" justify="space-between">
                <UnstyledButton aria-current={one.number === shown ? 'true' : undefined} onClick={() => onShow(one.number)}>
                  <Group gap="xs" wrap="nowrap" c={one.result.ok ? 'green' : 'var(--mantine-color-error)'}>
                    <Icon name={one.result.ok ? 'check' : 'alert'} />
                    <Text size="sm" c="var(--mantine-color-text)" fw={one.number === shown ? 600 : undefined}>
                      {[at, one.result.type, headline(one.result, t), duration(one.result.timing.totalMs)].join(' · ')}
                    </Text>
                  </Group>
                </UnstyledButton>
                <Button size="compact-sm" variant="subtle" onClick={() => onUse(one)}>
                  {words.use}
                </Button>
              </Group>
            </li>
          );
        })}
      </Stack>
    </Stack>
  );
}
