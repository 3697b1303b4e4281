import { ActionIcon, Alert, Box, Button, Group, Kbd, Stack, Text, TextInput, Tooltip, VisuallyHidden } from '@mantine/core';
import { useOs } from '@mantine/hooks';
import { useId, type KeyboardEvent } from 'react';
import { useText } from '../text';
import { Icon, Problem } from '../ui';
import { useCopying } from './copying';
import { keyField } from './keyField';

interface Props {
  masked: string;
}

// MaskedKey shows the key as the server masks it, and copies the real one: by
// the icon, or by the copy keys while the field has the focus.
export function MaskedKey({ masked }: Props) {
  const t = useText().apikey;
  const { near, state, copy, copiedByHand, reset } = useCopying();
  const hint = useId();
  const os = useOs();
  const command = os === 'macos' || os === 'ios' ? '⌘' : 'Ctrl';
  const copied = state.kind === 'copied' || (state.kind === 'manual' && state.done);

  function onKeyDown(event: KeyboardEvent) {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'c') return;
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
            <TextInput
              readOnly
              autoFocus
              flex="1 1 16rem"
              label={t.byHandLabel}
              value={state.key}
              styles={keyField}
              onFocus={(event) => event.currentTarget.select()}
              onCopy={copiedByHand}
            />
            <Button variant="default" onClick={reset}>
              {t.hide}
            </Button>
          </Group>
        </Alert>
      )}
    </Stack>
  );
}
