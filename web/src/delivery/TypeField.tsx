import { Select } from '@mantine/core';
import { useText } from '../text';
import { useEventTypes } from '../webhook/queries';

interface Props {
  value: string; // '' for any
  onChange: (type: string) => void;
}

// TypeField chooses an event type. One that an address names and nobody knows
// stays a choice.
export function TypeField({ value, onChange }: Props) {
  const words = useText().delivery.filter;
  const known = useEventTypes().data?.items.map((one) => one.type) ?? [];
  return (
    <Select
      label={words.type}
      placeholder={words.anyType}
      data={value === '' || known.includes(value) ? known : [...known, value]}
      value={value || null}
      onChange={(type) => onChange(type ?? '')}
      searchable
      clearable
      nothingFoundMessage={words.noSuchType}
      w={{ base: '100%', sm: 200 }}
    />
  );
}
