import { Button, Group, Select, Stack } from '@mantine/core';
import { RangeFields } from '../delivery/RangeFields';
import { SearchField } from '../delivery/SearchField';
import { useSession } from '../session';
import { useText } from '../text';
import { useEventTypes } from '../webhook/queries';
import { isFiltered, longestText, noFilters, type EventFilters } from './filter';

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
    <Stack gap="xs" role="search" aria-label={words.group}>
      <Group align="flex-start" gap="sm">
        <Select
          label={words.type}
          placeholder={words.anyType}
          data={types}
          value={filters.type || null}
          onChange={(type) => set({ type: type ?? '' })}
          searchable
          clearable
          nothingFoundMessage={words.noSuchType}
          w={{ base: '100%', xs: 220 }}
        />
        <RangeFields value={filters.range} onChange={(range) => set({ range })} />
        <SearchField
          label={words.text}
          hint={can('event.payloads') ? words.textHintData : words.textHint}
          clearLabel={words.clearText}
          value={filters.text}
          maxLength={longestText}
          onChange={(text) => set({ text })}
        />
      </Group>
      {isFiltered(filters) && (
        <Group>
          <Button size="compact-sm" variant="subtle" onClick={() => onChange(noFilters)}>
            {words.clear}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
