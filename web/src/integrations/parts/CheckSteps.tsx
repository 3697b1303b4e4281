import { Group, Loader, Stack, Text, ThemeIcon } from '@mantine/core';
import { useText } from '../../text';
import { Icon, type IconName } from '../../ui';
import type { Step } from '../types';

const order = ['dns', 'tls', 'token', 'scope', 'call'] as const;
const looks: Record<Step['state'], { color: string; icon: IconName }> = {
  ok: { color: 'green', icon: 'check' },
  failed: { color: 'red', icon: 'x' },
  skipped: { color: 'gray', icon: 'pause' },
};

// CheckSteps are the steps of a test, waiting while none has come back.
export function CheckSteps({ steps }: { steps: readonly Step[] | undefined }) {
  const t = useText();
  const words = t.integrations.check;
  const shown = steps ?? order.map((name) => ({ name, state: 'waiting' as const, detail: '', durationMs: 0 }));
  return (
    <Stack component="ol" gap={6} m={0} p={0} aria-label={words.title} style={{ listStyle: 'none' }}>
      {shown.map((step) => (
        <Group key={step.name} component="li" gap="xs" wrap="nowrap" align="flex-start">
          {step.state === 'waiting' ? (
            <Loader size={18} aria-hidden />
          ) : (
            <ThemeIcon size={18} radius="xl" color={looks[step.state].color} aria-hidden>
              <Icon name={looks[step.state].icon} size={12} />
            </ThemeIcon>
          )}
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
              {words.steps[step.name] ?? step.name}: {words.states[step.state]}
              {step.state === 'ok' && <> ({t.webhook.duration(step.durationMs)})</>}
            </Text>
            {step.detail && (
              <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {step.detail}
              </Text>
            )}
          </div>
        </Group>
      ))}
    </Stack>
  );
}
