import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Diff, Icon, Problem } from '../../ui';
import { isConnected } from '../dashboard/filter';
import { useChoices } from '../queries';
import type { Choice, Detail, Field } from '../types';
import { FieldInput } from './FieldInput';
import type { SettingsForm } from './useSettings';
import { asList, asRules, isAsked, type Values } from './values';

interface Props {
  detail: Detail;
  fields: Field[];
  form: SettingsForm;
}

// Fields are the settings of a form, and what somebody else has made of them.
export function Fields({ detail, fields, form }: Props) {
  const t = useText().integrationPage.settings;
  const looks = fields.some((field) => field.hasChoices || field.kind === 'rules') && isConnected(detail);
  const choices = useChoices(detail, looks);
  return (
    <Stack gap="md">
      {form.theirs && <Overtaken detail={detail} form={form} />}
      {choices.isError && (
        <Stack gap={4}>
          <Text size="sm" fw={600}>
            {t.choicesFailed}
          </Text>
          <Problem error={choices.error} onRetry={() => void choices.refetch()} retrying={choices.isFetching} />
        </Stack>
      )}
      {fields.filter((field) => isAsked(field, form.typed.values)).map((field) => (
        <FieldInput
          key={field.name}
          detail={detail}
          field={field}
          value={form.typed.values[field.name]}
          choices={choicesOf(choices.data?.fields, field)}
          tried={form.tried}
          disabled={form.saving}
          onChange={(value) => form.set(field.name, value)}
        />
      ))}
    </Stack>
  );
}

// choicesOf finds what there is for a field; rules choose a channel.
function choicesOf(all: { name: string; choices: Choice[] }[] | undefined, field: Field): Choice[] | undefined {
  if (!all) return undefined;
  const found = all.find((one) => one.name === field.name) ?? (field.kind === 'rules' ? all[0] : undefined);
  return found?.choices ?? [];
}

function Overtaken({ detail, form }: { detail: Detail; form: SettingsForm }) {
  const t = useText().integrationPage;
  const words = t.settings;
  const named = (values: Values, every: number | '') => ({
    ...Object.fromEntries(detail.fields.map((field) => [field.label, field.kind === 'rules' ? asRules(values[field.name]).map((rule) => `${asList(rule.events).join(', ')} → ${rule.channel}`) : values[field.name]])),
    ...(detail.sync && { [words.interval]: every }),
  });
  return (
    <Alert color="yellow" role="alert" title={words.staleTitle} icon={<Icon name="alert" />}>
      <Stack gap="xs">
        <Text size="sm">{words.staleText}</Text>
        <Diff before={named(form.base.values, form.base.every)} after={named(form.stored.values, form.stored.every)} />
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={form.keepMine}>
            {words.keepMine}
          </Button>
          <Button size="compact-sm" variant="default" onClick={form.takeTheirs}>
            {words.takeTheirs}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
