import { Select, Stack, Tabs } from '@mantine/core';
import { useNavigate, useParams } from 'react-router';
import { Filters } from '../delivery/Filters';
import { ListFrame } from '../delivery/ListFrame';
import { NoMatch } from '../delivery/NoMatch';
import { useFilters } from '../delivery/useFilters';
import Missing from '../shell/Missing';
import { useText } from '../text';
import { Empty, PageHeader, Problem, When } from '../ui';
import { longestText, noFilters, recordFilters, type RecordFilters } from './filter';
import { countOf, isKind, kinds, pathOf, type Kind } from './kind';
import { useCounts, useRecords } from './queries';
import { RecordTable } from './RecordTable';
import { useSourceName } from './useSourceName';

// RecordsPage shows what the API and the syncs have written, to look at.
export default function RecordsPage() {
  const { kind = '' } = useParams();
  return isKind(kind) ? <Page kind={kind} /> : <Missing />;
}

function Page({ kind }: { kind: Kind }) {
  const t = useText();
  const words = t.record;
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title={words.title} subtitle={words.subtitle} />
      <Tabs value={kind} onChange={(next) => next && isKind(next) && void navigate(pathOf(next))} keepMounted={false}>
        <Tabs.List aria-label={words.kinds} mb="md" style={{ flexWrap: 'nowrap', overflow: 'auto hidden' }}>
          {kinds.map((each) => (
            <Tabs.Tab key={each} value={each} ref={each === kind ? intoView : undefined}>
              {words.tabs[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={kind}>
          <List key={kind} kind={kind} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

// intoView brings the chosen tab to where it can be seen, on a phone.
const intoView = (tab: HTMLElement | null) => tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' });

function List({ kind }: { kind: Kind }) {
  const words = useText().record;
  const { filters, change, filtered, set } = useFilters(recordFilters);
  const list = useRecords(kind, filters);
  const searchedText = list.searchedTo && (
    <>
      {words.searchedTo} <When at={list.searchedTo} />
    </>
  );
  return (
    <Stack gap="md">
      <Bar kind={kind} filters={filters} set={set} onChange={change} />
      <ListFrame
        list={list}
        searching={list.searchedTo !== undefined}
        searchedText={searchedText}
        empty={filtered ? <NoMatch title={words.noMatch} onClear={() => change(noFilters)} /> : <Empty title={words.empty[kind]} text={words.emptyText} />}
      >
        {(items) => <RecordTable kind={kind} items={items} />}
      </ListFrame>
    </Stack>
  );
}

interface BarProps {
  kind: Kind;
  filters: RecordFilters;
  set: number;
  onChange: (part: Partial<RecordFilters>) => void;
}

// Bar searches, and chooses among the sources that have records of the kind.
function Bar({ kind, filters, set, onChange }: BarProps) {
  const words = useText().record;
  const nameOf = useSourceName();
  const counts = useCounts();
  const known = (counts.data ?? []).filter((c) => c.kind === countOf[kind]);
  const choices = known.map(({ source, count }) => ({ value: source, label: words.sourceWith(nameOf(source), count) }));
  if (filters.source && !known.some(({ source }) => source === filters.source)) choices.push({ value: filters.source, label: nameOf(filters.source) });
  return (
    <>
      <Problem error={counts.error} onRetry={() => void counts.refetch()} retrying={counts.isFetching} />
      <Filters
        label={words.filter}
        set={set}
        search={{
          label: words.search,
          hint: words.searchHint[kind],
          clearLabel: words.clearSearch,
          value: filters.text,
          maxLength: longestText,
          onChange: (text) => onChange({ text }),
        }}
        onClear={() => onChange(noFilters)}
      >
        <Select
          label={words.source}
          placeholder={words.allSources}
          data={choices}
          value={filters.source || null}
          onChange={(source) => onChange({ source: source ?? '' })}
          clearable
          flex={{ sm: '0 1 16rem' }}
        />
      </Filters>
    </>
  );
}
