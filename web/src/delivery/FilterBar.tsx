import { Pill, Select, Text } from '@mantine/core';
import { useSession } from '../session';
import { useText } from '../text';
import { useWebhooks } from '../webhook/queries';
import { longestText, noFilters, setCount, states, type DeliveryFilters } from './filter';
import { Filters } from './Filters';
import { RangeFields } from './RangeFields';

interface Props {
  filters: DeliveryFilters;
  onChange: (filters: DeliveryFilters) => void;
}

// FilterBar narrows the list of deliveries; the page keeps the filters in its
// address.
export function FilterBar({ filters, onChange }: Props) {
  const t = useText();
  const words = t.delivery.filter;
  const { can } = useSession();
  const webhooks = useWebhooks();
  const set = (change: Partial<DeliveryFilters>) => onChange({ ...filters, ...change });

  const addresses = (webhooks.data?.activeWebhooks ?? []).map((w) => ({ value: w.id, label: w.url }));
  const gone = filters.webhook !== '' && webhooks.data && !addresses.some((a) => a.value === filters.webhook);
  if (gone) addresses.push({ value: filters.webhook, label: words.deletedWebhook(filters.webhook) });
  const types = [...new Set([...(webhooks.data?.availableEvents ?? []), filters.type])].filter((type) => type !== '');

  const notes = (filters.event || (filters.text && filters.range.preset === '')) && (
    <>
      {filters.event && (
        <Pill withRemoveButton removeButtonProps={{ 'aria-label': words.allEvents }} onRemove={() => set({ event: '' })}>
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
      set={setCount(filters)}
      search={{
        label: words.text,
        hint: can('event.payloads') ? words.textHintBodies : words.textHint,
        clearLabel: words.clearText,
        value: filters.text,
        maxLength: longestText,
        onChange: (text) => set({ text }),
      }}
      notes={notes}
      onClear={() => onChange(noFilters)}
    >
      <Select
        label={words.webhook}
        placeholder={words.anyWebhook}
        data={addresses}
        value={filters.webhook || null}
        onChange={(webhook) => set({ webhook: webhook ?? '' })}
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
        onChange={(state) => set({ state: states.find((s) => s === state) ?? '' })}
        clearable
        w={{ base: '100%', sm: 140 }}
      />
      <Select
        label={words.type}
        placeholder={words.anyType}
        data={types}
        value={filters.type || null}
        onChange={(type) => set({ type: type ?? '' })}
        searchable
        clearable
        nothingFoundMessage={words.noSuchType}
        w={{ base: '100%', sm: 190 }}
      />
      <RangeFields value={filters.range} onChange={(range) => set({ range })} />
    </Filters>
  );
}
