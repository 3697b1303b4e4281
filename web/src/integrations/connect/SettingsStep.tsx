import { Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useDraft } from '../../draft';
import { useText } from '../../text';
import { FieldInput } from '../settings/FieldInput';
import { asValues, isWrong, same, type Values } from '../settings/values';
import { Actions } from './Actions';
import type { StepProps } from './ConnectGuide';
import { draftOf, readValues } from './draft';
import { earlyFields, lateFields } from './steps';

// SettingsStep is what can be chosen before anybody has signed in.
export function SettingsStep({ detail, onNext }: StepProps) {
  const t = useText().connect.settings;
  const { found, keep, drop } = useDraft(draftOf(detail.slug), readValues);
  const [values, setValues] = useState<Values>({ ...asValues(detail.settings), ...found });
  const [tried, setTried] = useState(false);
  const fields = earlyFields(detail);
  useEffect(() => {
    if (same(values, detail.settings)) drop();
    else keep(values, false);
  }, [values, detail.settings, keep, drop]);
  const next = () => {
    setTried(true);
    if (!fields.some((field) => isWrong(field, values[field.name]))) onNext();
  };
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {t.text}
      </Text>
      {fields.map((field) => (
        <FieldInput
          key={field.name}
          detail={detail}
          field={field}
          value={values[field.name]}
          choices={undefined}
          tried={tried}
          disabled={false}
          onChange={(value) => setValues((old) => ({ ...old, [field.name]: value }))}
        />
      ))}
      {lateFields(detail).map((field) => (
        <Text key={field.name} size="sm" c="dimmed">
          {t.later(field.label)}
        </Text>
      ))}
      <Actions onNext={next} />
    </Stack>
  );
}
