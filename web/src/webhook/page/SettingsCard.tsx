import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRef, type FormEvent } from 'react';
import { Restored } from '../../draft';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Diff, Problem } from '../../ui';
import { formatOf, formats } from '../format';
import { EventChoice } from '../form/EventChoice';
import { leadToMissing, useRefused } from '../form/missing';
import { UrlField } from '../form/UrlField';
import { useWebhooks, type Webhook } from '../queries';
import type { Theirs } from './merge';
import { Section } from './Section';
import { StaleNotice } from './StaleNotice';
import { useSettings, type Stale } from './useSettings';

const descriptionMost = 500; // characters, as the API has it

// SettingsCard changes the URL, the format, the events and the description.
export function SettingsCard({ webhook }: { webhook: Webhook }) {
  const t = useText();
  const words = t.webhookPage.settings;
  const may = useSession().can('webhook.headers');
  const all = useWebhooks().data?.activeWebhooks;
  const input = useRef<HTMLInputElement>(null);
  const form = useSettings(webhook, () => notifications.show({ color: 'green', message: words.saved }));
  const { flow, dispatch } = form;
  const sending = flow.saving.phase === 'sending';

  const element = useRef<HTMLFormElement>(null);
  useRefused(flow, input);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    leadToMissing(flow, input.current, element.current);
    void form.submit();
  };
  return (
    <Section title={words.title}>
      <form ref={element} onSubmit={submit} noValidate>
        <Stack gap="md">
          {form.restored && form.dirty && !form.stale && <Restored again="undo" onAgain={form.undo} />}
          {form.stale && <Overtaken stale={form.stale} onTake={form.takeTheirs} />}
          <UrlField
            flow={flow}
            dispatch={dispatch}
            input={input}
            waiting={false}
            forbidden={webhook.hasHeaders && !may}
            offText={t.webhook.form.offEditText}
            twice={all?.some((w) => w.id !== webhook.id && w.url === flow.url.trim())}
            withOff={webhook.enabled && (flow.off || flow.check.phase !== 'unchanged')}
          />
          <NativeSelect
            label={words.format}
            description={words.formatHelp}
            value={flow.format}
            disabled={sending}
            onChange={(event) => dispatch({ type: 'formatChosen', format: event.currentTarget.value })}
            data={formats.map((format) => ({ value: format, label: words.formats[format] }))}
          />
          <TextInput
            label={words.description}
            description={words.descriptionHelp}
            maxLength={descriptionMost}
            value={form.description}
            readOnly={sending}
            onChange={(event) => form.setDescription(event.currentTarget.value)}
          />
          <EventChoice flow={flow} context="edit" onChange={(events) => dispatch({ type: 'eventsChosen', events })} />
          {flow.saving.phase === 'failed' && <Problem error={flow.saving.error} onRetry={() => void form.submit()} />}
          <Group gap="xs">
            <Button type="submit" disabled={!form.dirty} loading={sending}>
              {words.save}
            </Button>
            {form.dirty && !sending && (
              <Button variant="subtle" color="gray" onClick={form.undo}>
                {words.undo}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

// Overtaken shows what somebody else has stored meanwhile, and lets one choose
// where both changed the same.
function Overtaken({ stale, onTake }: { stale: Stale; onTake: (theirs: Theirs) => void }) {
  const t = useText().webhookPage;
  const labels = { url: t.settings.url, description: t.settings.description, format: t.settings.format, events: t.settings.events };
  const side = (which: 'before' | 'after') =>
    Object.fromEntries(stale.theirs.map((c) => [labels[c.field], c.field === 'format' ? t.settings.formats[formatOf(c[which])] : text(c[which])]));
  return (
    <StaleNotice since={stale} concerned={stale.theirs.length > 0}>
      {stale.theirs.length > 0 && <Diff before={side('before')} after={side('after')} />}
      {stale.theirs.map(
        (change) =>
          change.clash && (
            <Group key={change.field} gap="xs">
              <Text size="sm">
                {labels[change.field]}: {t.stale.clash}
              </Text>
              <Button size="compact-sm" variant="default" onClick={() => onTake(change)}>
                {t.stale.useTheirs}
              </Button>
            </Group>
          ),
      )}
    </StaleNotice>
  );
}

const text = (value: string | string[]) => (typeof value === 'string' ? value : value.join(', '));
