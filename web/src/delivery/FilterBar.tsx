import { Pill, Select, Text } from '@mantine/core';
import { useSession } from '../session';
import { useText } from '../text';
import { useWebhooks } from '../webhook/queries';
import { longestText, noFilters, states, type DeliveryFilters } from './filter';
import { Filters } from './Filters';
import { RangeFields } from './RangeFields';
import { TypeField } from './TypeField';

interface Props {
  filters: DeliveryFilters;
  set: number; // how many are set beside the search
  onChange: (part: Partial<DeliveryFilters>) => void;
}

// FilterBar narrows the list of deliveries; the page keeps the filters in its
// address.
export function FilterBar({ filters, set, onChange }: Props) {
  const t = useText();
  const words = t.delivery.filter;
  const { can } = useSession();
  const webhooks = useWebhooks();

  const addresses = (webhooks.data?.activeWebhooks ?? []).map((w) => ({ value: w.id, label: w.url }));
  const gone = filters.webhook !== '' && webhooks.data && !addresses.some((a) => a.value === filters.webhook);
  if (gone) addresses.push({ value: filters.webhook, label: words.deletedWebhook(filters.webhook) });

  const notes = (filters.event || (filters.text && filters.range.preset === '')) && (
    <>
      {filters.event && (
        <Pill withRemoveButton removeButtonProps={{ 'aria-label': words.allEvents }} onRemove={() => onChange({ event: '' })}>
          {words.event(filters.event)}
        </Pill>
      )}
      {filters.text && filters.range.preset === '' && (
        <Text size="sm" c="dimmed">
          {words.lastWeek}
        </Text>
      )}
    </>
  );
  return (
    <Filters
      label={words.group}
      set={set}
      search={{
        label: words.text,
        hint: can('event.payloads') ? words.textHintBodies : words.textHint,
        clearLabel: words.clearText,
        value: filters.text,
        maxLength: longestText,
        onChange: (text) => onChange({ text }),
      }}
      notes={notes}
      onClear={() => onChange(noFilters)}
    >
      <Select
        label={words.webhook}
        placeholder={words.anyWebhook}
        data={addresses}
        value={filters.webhook || null}
        onChange={(webhook) => onChange({ webhook: webhook ?? '' })}
        searchable
        clearable
        nothingFoundMessage={words.noSuchWebhook}
        w={{ base: '100%', sm: 220 }}
      />
      <Select
        label={words.state}
        placeholder={words.anyState}
        data={states.map((state) => ({ value: state, label: t.shell.status[state] }))}
        value={filters.state || null}
        onChange={(state) => onChange({ state: states.find((s) => s === state) ?? '' })}
        clearable
        w={{ base: '100%', sm: 140 }}
      />
      <TypeField value={filters.type} onChange={(type) => onChange({ type })} />
      <RangeFields value={filters.range} onChange={(range) => onChange({ range })} />
    </Filters>
  );
}
