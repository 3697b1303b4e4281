import { CloseButton, TextInput, type TextInputProps } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { Icon } from '../ui';

interface Props extends Omit<TextInputProps, 'value' | 'onChange' | 'defaultValue'> {
  hint?: string;
  clearLabel: string;
  value: string;
  onChange: (text: string) => void;
}

// SearchField tells of its text when the typing pauses.
export function SearchField({ hint, clearLabel, value, onChange, ...rest }: Props) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useDebouncedCallback((next: string) => {
    told.current = next;
    onChange(next);
  }, 300);
  useEffect(() => {
    if (value === told.current) return; // our own words coming back
    told.current = value;
    setText(value);
  }, [value]);
  const change = (next: string) => {
    setText(next);
    tell(next);
  };
  return (
    <TextInput
      {...rest}
      description={hint}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      leftSection={<Icon name="search" />}
      rightSection={text && <CloseButton size="sm" aria-label={clearLabel} onClick={() => change('')} />}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
