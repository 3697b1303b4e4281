import { TextInput, type TextInputProps } from '@mantine/core';
import { useRef } from 'react';
import type { CopyMethod } from './clipboard';
import { keyField } from './keyField';
import { isCopyKey } from './useCopy';

interface Props extends TextInputProps {
  value: string;
  onCopied?: (method: CopyMethod) => void;
}

// CopyField holds a text that is to be copied whole: it is selected when the
// field gets the focus. A copy of a part of it is none.
export function CopyField({ value, onCopied, ...rest }: Props) {
  const byKeys = useRef(false);
  return (
    <TextInput
      {...rest}
      readOnly
      value={value}
      styles={keyField}
      onFocus={(event) => event.currentTarget.select()}
      onKeyDown={(event) => {
        byKeys.current = isCopyKey(event);
      }}
      onKeyUp={() => {
        byKeys.current = false;
      }}
      onCopy={({ currentTarget: field }) => {
        const whole = field.selectionStart === 0 && field.selectionEnd === value.length;
        if (whole) onCopied?.(byKeys.current ? 'shortcut' : 'manual');
      }}
    />
  );
}
