import { Alert, Checkbox, Fieldset, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useId } from 'react';
import { useText } from '../../text';
import { Icon, Problem, Rows } from '../../ui';
import { track } from '../../track';
import { useEventTypes, useWebhooks } from '../queries';
import { locked, type Flow } from './flow';

interface Props {
  flow: Flow;
  context: 'add' | 'edit';
  onChange: (events: string[]) => void;
}

// EventChoice is "Events to Subscribe": a checkbox an event, the catalog's
// first, an organization's own after them.
export function EventChoice({ flow, context, onChange }: Props) {
  const t = useText().webhook.form;
  const why = useId();
  const list = useWebhooks();
  const types = useEventTypes().data?.items;
  const available = list.data?.availableEvents;
  if (!available) {
    return list.error ? <Problem error={list.error} onRetry={() => void list.refetch()} retrying={list.isFetching} /> : <Rows n={8} />;
  }
  const closed = locked(flow);
  const chosen = available.filter((event) => flow.events.includes(event));
  const choose = (events: string[]) => {
    for (const event of events) {
      if (!flow.events.includes(event)) track('webhook_event_selected', { event_type: event, webhook_context: context });
    }
    onChange(events);
  };
  const set = (event: string, on: boolean) => choose(available.filter((e) => (e === event ? on : flow.events.includes(e))));
  return (
    <Fieldset legend={t.events} disabled={closed} aria-describedby={closed ? why : undefined}>
      <Stack gap="xs">
        {closed && (
          <Alert id={why} color="yellow" p="xs" icon={<Icon name="lock" />}>
            {flow.lock === 'form' ? t.lockedForm : t.lockedReach}
          </Alert>
        )}
        <Group justify="space-between">
          <Checkbox
            label={t.all}
            disabled={closed}
            checked={chosen.length === available.length}
            indeterminate={chosen.length > 0 && chosen.length < available.length}
            onChange={() => choose(chosen.length === available.length ? [] : [...available])}
          />
          <Text size="sm" c="dimmed" role="status">
            {t.chosen(chosen.length, available.length)}
          </Text>
        </Group>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="xs">
          {available.map((event) => (
            <Checkbox
              key={event}
              label={event}
              description={types?.find((type) => type.type === event)?.description}
              disabled={closed}
              checked={flow.events.includes(event)}
              onChange={(change) => set(event, change.currentTarget.checked)}
            />
          ))}
        </SimpleGrid>
        {flow.missing === 'events' && (
          <Text size="sm" c="red" role="alert">
            {t.eventsMissing}
          </Text>
        )}
      </Stack>
    </Fieldset>
  );
}
