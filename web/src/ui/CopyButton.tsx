import { ActionIcon, Button, Popover, Tooltip, VisuallyHidden } from '@mantine/core';
import type { KeyboardEvent } from 'react';
import { useText } from '../text';
import type { CopyMethod } from './clipboard';
import { CopyField } from './CopyField';
import { Icon } from './icons';
import { isCopyKey, useCopy } from './useCopy';

interface Props {
  value: string;
  label: string;
  onCopied?: (method: CopyMethod) => void;
  withText?: boolean; // a button with words instead of an icon
  disabled?: boolean;
}

// CopyButton copies by a click, or by Ctrl+C while it has the focus. Where the
// browser refuses both ways it shows the text, selected.
export function CopyButton({ value, label, onCopied, withText = false, disabled = false }: Props) {
  const t = useText();
  const { near, state, copied, copy, byHand, reset } = useCopy<HTMLButtonElement>(() => Promise.resolve(value), onCopied);

  function onKeyDown(event: KeyboardEvent) {
    if (!isCopyKey(event) || window.getSelection()?.toString()) return; // somebody copies a text on the page
    event.preventDefault();
    void copy('shortcut');
  }

  const now = state.kind === 'copied';
  const icon = <Icon name={now ? 'check' : 'copy'} />;
  const common = { ref: near, disabled, onKeyDown, onClick: () => void copy('button'), loading: state.kind === 'busy' };
  return (
    <Popover opened={state.kind === 'manual'} onClose={reset} trapFocus returnFocus withArrow width={320}>
      <Popover.Target>
        {withText ? (
          <Button {...common} size="sm" leftSection={icon}>
            {now ? t.shell.copied : label}
          </Button>
        ) : (
          <Tooltip label={now ? t.shell.copied : label} opened={now ? true : undefined} events={{ hover: true, focus: true, touch: false }}>
            <ActionIcon {...common} variant="subtle" color={now ? 'green' : 'gray'} aria-label={label}>
              {icon}
            </ActionIcon>
          </Tooltip>
        )}
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        {state.kind === 'manual' && <CopyField label={t.shell.copyByHand} value={state.text} data-autofocus onCopied={byHand} />}
      </Popover.Dropdown>
      <VisuallyHidden role="status">{copied ? t.shell.copied : ''}</VisuallyHidden>
    </Popover>
  );
}
