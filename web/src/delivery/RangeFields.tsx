import { Select } from '@mantine/core';
import { useText } from '../text';
import { DateTimeField } from './DateTimeField';
import { anyTime, endsTooEarly, presets, type Range } from './range';

interface Props {
  value: Range;
  onChange: (range: Range) => void;
}

// RangeFields choose a time range: a preset, or two ends.
export function RangeFields({ value, onChange }: Props) {
  const t = useText();
  const words = t.delivery.range;
  const options = [
    { value: 'any', label: words.any },
    ...presets.map((preset) => ({ value: preset, label: words[preset] })),
    { value: 'custom', label: words.custom },
  ];
  const choose = (word: string | null) => {
    const preset = presets.find((p) => p === word) ?? (word === 'custom' ? 'custom' : '');
    onChange({ ...anyTime, preset });
  };
  return (
    <>
      <Select label={words.label} data={options} value={value.preset || 'any'} onChange={choose} allowDeselect={false} w={{ base: '100%', sm: 140 }} />
      {value.preset === 'custom' && (
        <>
          <DateTimeField label={words.since} value={value.since} onChange={(since) => onChange({ ...value, since })} />
          <DateTimeField
            label={words.until}
            value={value.until}
            error={endsTooEarly(value) && words.backwards}
            onChange={(until) => onChange({ ...value, until })}
          />
        </>
      )}
    </>
  );
}
