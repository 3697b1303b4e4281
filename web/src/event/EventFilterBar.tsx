import { Select } from '@mantine/core';
import { Filters } from '../delivery/Filters';
import { RangeFields } from '../delivery/RangeFields';
import { useSession } from '../session';
import { useText } from '../text';
import { useEventTypes } from '../webhook/queries';
import { longestText, noFilters, setCount, type EventFilters } from './filter';

interface Props {
  filters: EventFilters;
  onChange: (filters: EventFilters) => void;
}

// EventFilterBar narrows the list of events; the page keeps the filters in its
// address.
export function EventFilterBar({ filters, onChange }: Props) {
  const t = useText();
  const words = t.event.filter;
  const { can } = useSession();
  const known = useEventTypes().data?.items.map((type) => type.type) ?? [];
  const types = [...new Set([...known, filters.type])].filter((type) => type !== '');
  const set = (change: Partial<EventFilters>) => onChange({ ...filters, ...change });
  return (
    <Filters
      label={words.group}
      set={setCount(filters)}
      search={{
        label: words.text,
        hint: can('event.payloads') ? words.textHintData : words.textHint,
        clearLabel: words.clearText,
        value: filters.text,
        maxLength: longestText,
        onChange: (text) => set({ text }),
      }}
      onClear={() => onChange(noFilters)}
    >
      <Select
        label={words.type}
        placeholder={words.anyType}
        data={types}
        value={filters.type || null}
        onChange={(type) => set({ type: type ?? '' })}
        searchable
        clearable
        nothingFoundMessage={words.noSuchType}
        w={{ base: '100%', sm: 220 }}
      />
      <RangeFields value={filters.range} onChange={(range) => set({ range })} />
    </Filters>
  );
}
