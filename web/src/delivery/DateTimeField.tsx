import { TextInput } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { isoOf, localOf } from './range';

interface Props {
  label: string;
  value: string; // RFC 3339, '' for none
  onChange: (iso: string) => void;
  error?: ReactNode;
  required?: boolean;
  seconds?: boolean;
}

// DateTimeField takes a time by the reader's clock. It tells of it when the
// field is left or Enter is pressed: half a date is a date long ago.
export function DateTimeField({ label, value, onChange, error, required, seconds = false }: Props) {
  const [text, setText] = useState(localOf(value, seconds));
  useEffect(() => setText(localOf(value, seconds)), [value, seconds]);
  const commit = () => {
    const next = isoOf(text);
    if (next !== value && text !== localOf(value, seconds)) onChange(next);
  };
  return (
    <TextInput
      type="datetime-local"
      label={label}
      value={text}
      error={error}
      required={required}
      step={seconds ? 1 : undefined}
      max="9999-12-31T23:59"
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}
