import { Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useDraft } from '../../draft';
import { useText } from '../../text';
import { FieldInput } from '../settings/FieldInput';
import { areWrong, asValues, isAsked, same, type Values } from '../settings/values';
import { Actions } from './Actions';
import type { StepProps } from './ConnectGuide';
import { draftOf, readValues } from './draft';
import { useNeeds } from './queries';
import { ScopeList } from './ScopeList';
import { earlyFields, lateFields } from './steps';

// SettingsStep is what can be chosen before anybody has signed in.
export function SettingsStep({ detail, onNext, onChosen }: StepProps) {
  const t = useText().connect.settings;
  const { found, keep, drop } = useDraft(draftOf(detail.slug), readValues);
  const [values, setValues] = useState<Values>({ ...asValues(detail.settings), ...found });
  const [tried, setTried] = useState(false);
  const fields = earlyFields(detail);
  useEffect(() => {
    if (same(values, detail.settings)) drop();
    else keep(values, false);
  }, [values, detail.settings, keep, drop]);
  const [settled] = useDebouncedValue(values, 300); // ms: not at each letter
  useEffect(() => onChosen(), [settled, onChosen]);
  const named = detail.scopes.map((scope) => scope.name); // by the step before
  const needs = useNeeds(detail, settled);
  const added = needs.scopes.filter((scope) => !named.includes(scope.name));
  const next = () => {
    setTried(true);
    if (!areWrong(fields, values)) onNext();
  };
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {t.text}
      </Text>
      {fields.filter((field) => isAsked(field, values)).map((field) => (
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
      <div role="status">
        {added.length > 0 && (
          <Stack gap="xs">
            <Text size="sm">{t.added(detail.name)}</Text>
            <ScopeList scopes={added} />
          </Stack>
        )}
        {needs.token && <Text size="sm">{t.byToken(detail.name)}</Text>}
      </div>
      <Actions onNext={next} />
    </Stack>
  );
}
