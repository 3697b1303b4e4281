import { Select, type ComboboxData } from '@mantine/core';
import { useMemo } from 'react';
import { Filters } from '../delivery/Filters';
import { RangeFields } from '../delivery/RangeFields';
import { useText, type Text } from '../text';
import { actions, areaOf, areas, isAction } from './action';
import { FilterText } from './FilterText';
import { longestText, noFilters, results, setCount, type AuditFilters } from './filter';
import { labelOf } from './sentence';

interface Props {
  filters: AuditFilters;
  everybody: boolean; // the log of all actors, not only one's own
  onChange: (part: Partial<AuditFilters>) => void;
}

// AuditFilterBar shows what the address says, and changes the address.
export function AuditFilterBar({ filters, everybody, onChange }: Props) {
  const t = useText();
  const words = t.audit.filters;
  const choices = useMemo(() => choicesOf(filters.action, t), [filters.action, t]);
  return (
    <Filters
      label={words.label}
      set={setCount(filters)}
      search={{
        label: words.text,
        hint: words.textHint,
        clearLabel: words.clearField,
        value: filters.text,
        maxLength: longestText,
        onChange: (text) => onChange({ text }),
      }}
      onClear={() => onChange(noFilters)}
    >
      <Select
        label={words.action}
        placeholder={words.allActions}
        data={choices}
        value={filters.action || null}
        onChange={(action) => onChange({ action: action ?? '' })}
        nothingFoundMessage={words.noMatch}
        searchable
        clearable
        flex={{ sm: '1 1 200px' }}
      />
      {everybody && (
        <FilterText
          label={words.actor}
          placeholder={words.actorHint}
          value={filters.actor}
          maxLength={longestText}
          onCommit={(actor) => onChange({ actor })}
          flex={{ sm: '1 1 165px' }}
        />
      )}
      <FilterText
        label={words.target}
        placeholder={words.targetHint}
        value={filters.target}
        maxLength={longestText}
        onCommit={(target) => onChange({ target })}
        w={{ base: '100%', sm: 115 }}
      />
      <Select
        label={words.result}
        placeholder={words.allResults}
        data={results.map((value) => ({ value, label: t.audit.results[value] ?? value }))}
        value={filters.result || null}
        onChange={(result) => onChange({ result: results.find((r) => r === result) ?? '' })}
        clearable
        w={{ base: '100%', sm: 120 }}
      />
      <RangeFields value={filters.range} onChange={(range) => onChange({ range })} />
    </Filters>
  );
}

// choicesOf groups the actions by their noun. What an address names and nobody
// knows here stays a choice.
function choicesOf(chosen: string, t: Text): ComboboxData {
  const known = areas.map((area) => ({
    group: labelOf(area, t),
    items: [
      { value: area, label: t.audit.filters.everythingAbout(labelOf(area, t)) },
      ...actions.filter((a) => areaOf(a) === area).map((value) => ({ value, label: labelOf(value, t) })),
    ],
  }));
  if (!chosen || isAction(chosen) || areas.includes(chosen)) return known;
  return [...known, { group: chosen, items: [{ value: chosen, label: chosen }] }];
}
