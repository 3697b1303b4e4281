import { Button, Stack } from '@mantine/core';
import { Link } from 'react-router';
import { ListFrame } from '../delivery/ListFrame';
import { NoMatch } from '../delivery/NoMatch';
import { endsTooEarly } from '../delivery/range';
import { useFilters } from '../delivery/useFilters';
import { useText } from '../text';
import { PageHeader, When } from '../ui';
import { EventFilterBar } from './EventFilterBar';
import { EventTable } from './EventTable';
import { eventFilters, noFilters, type EventFilters } from './filter';
import { useEvents } from './queries';
import { SendExample } from './SendExample';

export default function EventsPage() {
  const t = useText();
  const words = t.event;
  const { filters, change, filtered, set } = useFilters(eventFilters);
  return (
    <>
      <PageHeader
        title={words.title}
        subtitle={words.subtitle}
        actions={
          <Button component={Link} to="/settings/event-types" variant="default">
            {words.types.title}
          </Button>
        }
      />
      <Stack gap="md">
        <EventFilterBar filters={filters} set={set} onChange={change} />
        {!endsTooEarly(filters.range) && <List filters={filters} filtered={filtered} onClear={() => change(noFilters)} />}
      </Stack>
    </>
  );
}

interface ListProps {
  filters: EventFilters;
  filtered: boolean;
  onClear: () => void;
}

function List({ filters, filtered, onClear }: ListProps) {
  const words = useText().event.list;
  const list = useEvents(filters);
  const searchedTo = list.last?.searchedTo;
  const searchedText = searchedTo && (
    <>
      {words.searchedTo} <When at={searchedTo} />
    </>
  );
  return (
    <ListFrame
      list={list}
      searching={searchedTo !== undefined}
      searchedText={searchedText}
      empty={filtered ? <NoMatch title={words.noMatch} onClear={onClear} /> : <SendExample />}
    >
      {(items) => <EventTable items={items} />}
    </ListFrame>
  );
}
