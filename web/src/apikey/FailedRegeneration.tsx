import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useText } from '../text';
import { Icon, wordsOf } from '../ui';
import type { Outcome } from './regeneration';

interface Props {
  outcome: Exclude<Outcome, { kind: 'done' }>;
  brief?: boolean; // the cause stands elsewhere already
  busy?: boolean;
  onCheck?: () => void;
  onClose?: () => void;
}

// FailedRegeneration says first which key works now, then why it failed.
export function FailedRegeneration({ outcome, brief = false, busy = false, onCheck, onClose }: Props) {
  const all = useText();
  const t = all.apikey;
  const why = wordsOf(outcome.error, all);
  const fix = { refused: why.fix, replaced: t.failed.replacedFix, unknown: t.failed.unknownFix }[outcome.kind];
  return (
    <Stack>
      <Alert role="alert" color="red" icon={<Icon name="alert" />} title={t.failed[outcome.kind]}>
        {!brief && <Text size="sm">{why.detail}</Text>}
        {!brief && fix && (
          <Text size="sm" mt={4} fw={500}>
            {fix}
          </Text>
        )}
      </Alert>
      {onClose && (
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t.dialog.close}
          </Button>
          {outcome.kind === 'unknown' && (
            <Button loading={busy} onClick={onCheck}>
              {t.failed.check}
            </Button>
          )}
        </Group>
      )}
    </Stack>
  );
}
