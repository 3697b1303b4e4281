import { ActionIcon, Button, Popover, Text, TextInput, Tooltip } from '@mantine/core';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useText } from '../text';
import { copyText, type CopyMethod } from './clipboard';
import { Icon } from './icons';
import { wordsOf } from './Problem';

interface Props {
  value: string | (() => Promise<string>);
  label: string;
  onCopied?: (method: CopyMethod) => void;
  withText?: boolean; // a button with words instead of an icon
  disabled?: boolean;
}

type State = { kind: 'idle' | 'busy' | 'copied' } | { kind: 'manual'; text: string } | { kind: 'failed'; why: string };

const shown = 2_000; // ms that "Copied" stays

// CopyButton copies by a click, or by Ctrl+C while it has the focus. Where the
// browser refuses both ways it shows the text, selected.
export function CopyButton({ value, label, onCopied, withText = false, disabled = false }: Props) {
  const t = useText();
  const button = useRef<HTMLButtonElement>(null);
  const [state, setState] = useState<State>({ kind: 'idle' });

  useEffect(() => {
    if (state.kind !== 'copied') return;
    const timer = setTimeout(() => setState({ kind: 'idle' }), shown);
    return () => clearTimeout(timer);
  }, [state]);

  async function copy(method: CopyMethod) {
    if (!button.current || state.kind === 'busy') return;
    setState({ kind: 'busy' });
    const text = typeof value === 'string' ? Promise.resolve(value) : value();
    try {
      if (await copyText(text, button.current)) {
        setState({ kind: 'copied' });
        onCopied?.(method);
      } else {
        setState({ kind: 'manual', text: await text });
      }
    } catch (error) {
      const words = wordsOf(error, t);
      setState({ kind: 'failed', why: `${words.detail} ${words.fix}`.trim() });
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    const combined = event.ctrlKey || event.metaKey;
    if (combined && event.key.toLowerCase() === 'c' && !window.getSelection()?.toString()) {
      event.preventDefault();
      void copy('shortcut');
    }
  }

  const copied = state.kind === 'copied';
  const open = state.kind === 'manual' || state.kind === 'failed';
  const icon = <Icon name={copied ? 'check' : 'copy'} />;
  const common = { ref: button, disabled, onKeyDown, onClick: () => void copy('button') };
  return (
    <Popover opened={open} onClose={() => setState({ kind: 'idle' })} trapFocus returnFocus withArrow width={320}>
      <Popover.Target>
        {withText ? (
          <Button {...common} size="sm" leftSection={icon} loading={state.kind === 'busy'}>
            {copied ? t.shell.copied : label}
          </Button>
        ) : (
          <Tooltip label={copied ? t.shell.copied : label} opened={copied ? true : undefined} events={{ hover: true, focus: true, touch: false }}>
            <ActionIcon {...common} variant="subtle" color={copied ? 'green' : 'gray'} aria-label={label} loading={state.kind === 'busy'}>
              {icon}
            </ActionIcon>
          </Tooltip>
        )}
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        {state.kind === 'manual' && (
          <TextInput
            label={t.shell.copyByHand}
            value={state.text}
            readOnly
            data-autofocus
            onFocus={(event) => event.currentTarget.select()}
            onCopy={() => onCopied?.('manual')}
          />
        )}
        {state.kind === 'failed' && (
          <Text size="sm" role="alert" tabIndex={-1} data-autofocus>
            {state.why}
          </Text>
        )}
      </Popover.Dropdown>
      <span role="status" style={{ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' }}>
        {copied ? t.shell.copied : ''}
      </span>
    </Popover>
  );
}
