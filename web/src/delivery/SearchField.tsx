import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { Icon } from '../ui';

interface Props {
  label: string;
  hint?: string;
  clearLabel: string;
  value: string;
  maxLength?: number;
  onChange: (text: string) => void;
}

// SearchField tells of its text when the typing pauses.
export function SearchField({ label, hint, clearLabel, value, maxLength, onChange }: Props) {
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
      label={label}
      description={hint}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      leftSection={<Icon name="search" />}
      rightSection={text && <CloseButton size="sm" aria-label={clearLabel} onClick={() => change('')} />}
      value={text}
      maxLength={maxLength}
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
