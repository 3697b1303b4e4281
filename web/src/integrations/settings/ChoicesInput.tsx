import { Checkbox, MultiSelect, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import type { Choice } from '../types';

const fewest = 12; // more than that are searched in

// useOptions adds what is chosen already and is not there any more, so that it is
// seen and can be given up.
function useOptions(choices: Choice[] | undefined, chosen: readonly string[]): { value: string; label: string; hint?: string }[] {
  const t = useText().integrationPage.settings;
  const known = choices ?? [];
  const gone = chosen.filter((value) => value !== '' && !known.some((one) => one.value === value));
  return [...known, ...gone.map((value) => ({ value, label: choices ? t.gone(value) : value }))];
}

interface Props {
  label: string;
  help: string;
  choices: Choice[] | undefined; // none while it is not known
  disabled: boolean;
  value: string[];
  onChange: (value: string[]) => void;
}

// ChoicesInput chooses among what there is at the provider.
export function ChoicesInput({ label, help, choices, disabled, value, onChange }: Props) {
  const t = useText().integrationPage.settings;
  const options = useOptions(choices, value);
  if (options.length > fewest) {
    return (
      <MultiSelect
        label={label}
        description={help}
        data={options.map((one) => ({ value: one.value, label: one.label }))}
        value={value}
        searchable
        clearable
        nothingFoundMessage={t.none}
        disabled={disabled}
        onChange={onChange}
      />
    );
  }
  return (
    <Checkbox.Group label={label} description={help} value={value} onChange={onChange}>
      <Stack gap={6} mt={6}>
        {options.map((one) => (
          <Checkbox key={one.value} value={one.value} label={one.label} description={one.hint} disabled={disabled} />
        ))}
        {options.length === 0 && (
          <Text size="sm" c="dimmed">
            {choices ? t.none : t.choicesLater}
          </Text>
        )}
      </Stack>
    </Checkbox.Group>
  );
}
