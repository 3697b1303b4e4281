import { Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { FormEvent } from 'react';
import { Restored } from '../../draft';
import { useText } from '../../text';
import { Problem } from '../../ui';
import { Section } from '../../webhook/page/Section';
import { Fields } from '../settings/Fields';
import { isEveryWrong, useSettings, type SettingsForm } from '../settings/useSettings';
import type { Detail } from '../types';

const minute = 60; // seconds

// SettingsCard changes what the connector offers, and how often it reads.
export function SettingsCard({ detail }: { detail: Detail }) {
  const t = useText().integrationPage.settings;
  const form = useSettings(detail);
  const submit = async () => {
    if (await form.submit()) notifications.show({ color: 'green', message: t.saved });
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (event.target === event.currentTarget) void submit();
  };
  return (
    <Section title={t.title}>
      <form onSubmit={onSubmit} noValidate>
        <Stack gap="md">
          {form.restored && form.dirty && !form.theirs && <Restored again="undo" onAgain={form.undo} />}
          {detail.fields.length === 0 && !detail.sync && (
            <Text size="sm" c="dimmed">
              {t.nothing}
            </Text>
          )}
          <Fields detail={detail} fields={detail.fields} form={form} />
          {detail.sync && <Interval form={form} />}
          <Problem error={form.error} onRetry={() => void submit()} retrying={form.saving} />
          <Group gap="xs">
            <Button type="submit" disabled={!form.dirty || form.theirs} loading={form.saving}>
              {t.save}
            </Button>
            {form.dirty && !form.saving && (
              <Button variant="subtle" color="gray" onClick={form.undo}>
                {t.undo}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

// Interval is how often it reads, in minutes.
function Interval({ form }: { form: SettingsForm }) {
  const t = useText().integrationPage.settings;
  const { every } = form.typed;
  return (
    <NumberInput
      label={t.interval}
      description={t.intervalHelp}
      suffix={` ${t.minutes}`}
      maw="20rem"
      value={every === '' ? '' : every / minute}
      decimalScale={2}
      allowNegative={false}
      disabled={form.saving}
      error={isEveryWrong(every) && (form.tried || every !== '') && t.wrong}
      onChange={(next) => form.setEvery(typeof next === 'number' ? Math.round(next * minute) : '')}
    />
  );
}
