import { Button, Group, NumberInput, Radio, Skeleton, Stack, Switch, TextInput } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useText } from '../../text';
import { onceMore } from '../../ui';
import type { Choice, Detail, Field } from '../types';
import { ChoicesInput } from './ChoicesInput';
import { asList, asNumber, asRules, asText, isWrong, presetsOf } from './values';

const RulesInput = lazy(onceMore(() => import('../rules/RulesInput')));

interface Props {
  detail: Detail;
  field: Field;
  value: unknown;
  choices: Choice[] | undefined; // what there is at the provider; none while it is not known
  tried: boolean; // what is wrong is shown
  disabled: boolean;
  onChange: (value: unknown) => void;
}

// FieldInput is one setting, as its connector describes it.
export function FieldInput({ detail, field, value, choices, tried, disabled, onChange }: Props) {
  switch (field.kind) {
    case 'toggle':
      return <Switch label={field.label} description={field.help} checked={value === true} disabled={disabled} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case 'number':
      return <NumberField field={field} value={asNumber(value)} tried={tried} disabled={disabled} onChange={onChange} />;
    case 'choices':
      return <ChoicesInput label={field.label} help={field.help} disabled={disabled} value={asList(value)} choices={choices} onChange={onChange} />;
    case 'rules':
      return (
        <Suspense fallback={<Skeleton height={120} />}>
          <RulesInput detail={detail} value={asRules(value)} channels={choices} tried={tried} disabled={disabled} onChange={onChange} />
        </Suspense>
      );
    case 'choice':
      return (
        <Radio.Group label={field.label} description={field.help} value={asText(value)} onChange={onChange}>
          <Stack gap="xs" mt={6}>
            {(field.options ?? []).map((option) => (
              <Radio key={option.value} value={option.value} label={option.label} description={option.hint} disabled={disabled} />
            ))}
          </Stack>
        </Radio.Group>
      );
    case 'text':
      return <TextField field={field} value={asText(value)} tried={tried} disabled={disabled} onChange={onChange} />;
  }
}

interface TextProps {
  field: Field;
  value: string;
  tried: boolean;
  disabled: boolean;
  onChange: (value: string) => void;
}

function TextField({ field, value, tried, disabled, onChange }: TextProps) {
  const words = useText().integrationPage.settings;
  return (
    <TextInput
      label={field.label}
      description={field.help}
      placeholder={field.example}
      value={value}
      maxLength={field.max}
      autoComplete="off"
      spellCheck={false}
      disabled={disabled}
      error={tried && isWrong(field, value) && words.empty}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface NumberProps {
  field: Field;
  value: number | '';
  tried: boolean;
  disabled: boolean;
  onChange: (value: number | '') => void;
}

function NumberField({ field, value, tried, disabled, onChange }: NumberProps) {
  const t = useText();
  const words = t.integrationPage.settings;
  const wrong = isWrong(field, value) && (tried || value !== '');
  const presets = presetsOf(field);
  return (
    <Stack gap={6}>
      <NumberInput
        label={field.label}
        description={[field.help, words.range(field.min, field.max)].filter(Boolean).join(' ')}
        suffix={field.unit ? ` ${field.unit}` : undefined}
        value={value}
        allowDecimal={false}
        allowNegative={(field.min ?? 0) < 0}
        maw="20rem"
        disabled={disabled}
        error={wrong && words.wrong}
        onChange={(next) => onChange(typeof next === 'number' ? next : '')}
      />
      {presets.length > 0 && (
        <Group gap={6} role="group" aria-label={t.connect.settings.presets}>
          {presets.map((n) => (
            <Button key={n} size="compact-sm" variant="default" aria-pressed={n === value} disabled={disabled} onClick={() => onChange(n)}>
              {n} {field.unit}
            </Button>
          ))}
        </Group>
      )}
    </Stack>
  );
}
