import { Filters } from '../delivery/Filters';
import { RangeFields } from '../delivery/RangeFields';
import { TypeField } from '../delivery/TypeField';
import { useSession } from '../session';
import { useText } from '../text';
import { longestText, noFilters, type EventFilters } from './filter';

interface Props {
  filters: EventFilters;
  set: number; // how many are set beside the search
  onChange: (part: Partial<EventFilters>) => void;
}

// EventFilterBar narrows the list of events; the page keeps the filters in its
// address.
export function EventFilterBar({ filters, set, onChange }: Props) {
  const words = useText().event.filter;
  const { can } = useSession();
  return (
    <Filters
      label={words.group}
      set={set}
      search={{
        label: words.text,
        hint: can('event.payloads') ? words.textHintData : words.textHint,
        clearLabel: words.clearText,
        value: filters.text,
        maxLength: longestText,
        onChange: (text) => onChange({ text }),
      }}
      onClear={() => onChange(noFilters)}
    >
      <TypeField value={filters.type} onChange={(type) => onChange({ type })} />
      <RangeFields value={filters.range} onChange={(range) => onChange({ range })} />
    </Filters>
  );
}
