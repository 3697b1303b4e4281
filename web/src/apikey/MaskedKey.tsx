import { ActionIcon, Alert, Box, Button, Group, Kbd, Stack, Text, TextInput, Tooltip, VisuallyHidden } from '@mantine/core';
import { useOs } from '@mantine/hooks';
import { useId, type KeyboardEvent } from 'react';
import { useText } from '../text';
import { track } from '../track';
import { CopyField, Icon, isCopyKey, keyField, Problem, useCopy, type CopyMethod } from '../ui';
import { copyKey } from './queries';

interface Props {
  masked: string;
}

// recordByHand: the server records a copy when it gives the key out, and learns
// here that the clipboard did not take that one.
function recordByHand(method: CopyMethod) {
  if (method === 'manual') track('api_key_copied', { copy_method: method });
}

// MaskedKey shows the key as the server masks it, and copies the real one: by
// the icon, or by the copy keys while the field has the focus.
export function MaskedKey({ masked }: Props) {
  const t = useText().apikey;
  const { near, state, copied, copy, byHand, reset } = useCopy<HTMLDivElement>(copyKey, recordByHand);
  const hint = useId();
  const os = useOs();
  const command = os === 'macos' || os === 'ios' ? '⌘' : 'Ctrl';

  function onKeyDown(event: KeyboardEvent) {
    if (!isCopyKey(event)) return;
    event.preventDefault();
    void copy('shortcut');
  }

  return (
    <Stack gap="xs">
      <Box ref={near} maw="26rem">
        <TextInput
          readOnly
          value={masked}
          aria-label={t.masked}
          aria-describedby={hint}
          aria-keyshortcuts="Control+C Meta+C"
          styles={keyField}
          onKeyDown={onKeyDown}
          rightSection={
            <Tooltip label={copied ? t.copied : t.copy} opened={state.kind === 'copied' ? true : undefined} events={{ hover: true, focus: true, touch: false }}>
              <ActionIcon
                variant="subtle"
                color={copied ? 'green' : 'gray'}
                aria-label={t.copy}
                loading={state.kind === 'busy'}
                onClick={() => void copy('button')}
              >
                <Icon name={copied ? 'check' : 'copy'} />
              </ActionIcon>
            </Tooltip>
          }
        />
        <VisuallyHidden role="status">{copied ? t.copied : ''}</VisuallyHidden>
      </Box>
      <Text id={hint} size="xs" c="dimmed" visibleFrom="xs">
        <Kbd size="xs">{command}</Kbd> + <Kbd size="xs">C</Kbd> {t.copyHint}
      </Text>
      {state.kind === 'failed' && <Problem error={state.error} onRetry={() => void copy('button')} />}
      {state.kind === 'manual' && (
        <Alert color="yellow" role="alert" icon={<Icon name="copy" />}>
          <Text size="sm" mb="xs">
            {state.done ? t.copied : t.byHand}
          </Text>
          <Group gap="xs" align="flex-end">
            <CopyField autoFocus flex="1 1 16rem" label={t.byHandLabel} value={state.text} onCopied={byHand} />
            <Button variant="default" onClick={reset}>
              {t.hide}
            </Button>
          </Group>
        </Alert>
      )}
    </Stack>
  );
}
