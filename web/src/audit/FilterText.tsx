import { CloseButton, TextInput, type TextInputProps } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useText } from '../text';

interface Props extends Omit<TextInputProps, 'value' | 'onChange' | 'defaultValue'> {
  value: string; // as the address has it
  onCommit: (value: string) => void;
}

// FilterText is for what is only found whole, as an id. It tells of its text when
// Enter is pressed or the field is left.
export function FilterText({ value, onCommit, ...rest }: Props) {
  const t = useText();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const take = (text: string) => {
    if (text.trim() !== value) onCommit(text.trim());
  };
  const clear = () => {
    setTyped('');
    take('');
  };
  return (
    <TextInput
      {...rest}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => take(typed)}
      onKeyDown={(event) => event.key === 'Enter' && take(typed)}
      rightSection={
        typed && (
          // The field keeps the focus, or leaving it would tell of its text first.
          <CloseButton size="sm" aria-label={t.audit.filters.clearField} onMouseDown={(event) => event.preventDefault()} onClick={clear} />
        )
      }
    />
  );
}
