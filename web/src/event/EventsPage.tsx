import { Button, Stack } from '@mantine/core';
import { Link } from 'react-router';
import { ListFrame } from '../delivery/ListFrame';
import { NoMatch } from '../delivery/NoMatch';
import { useFilters } from '../delivery/useFilters';
import { useText } from '../text';
import { PageHeader, When } from '../ui';
import { EventFilterBar } from './EventFilterBar';
import { EventTable } from './EventTable';
import { eventFilters, noFilters } from './filter';
import { useEvents } from './queries';
import { SendExample } from './SendExample';

export default function EventsPage() {
  const t = useText();
  const words = t.event;
  const { filters, change, filtered, set } = useFilters(eventFilters);
  const list = useEvents(filters);
  const searchedTo = list.last?.searchedTo;

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
        <ListFrame
          list={list}
          searching={searchedTo !== undefined}
          searchedText={
            searchedTo && (
              <>
                {words.list.searchedTo} <When at={searchedTo} />
              </>
            )
          }
          empty={filtered ? <NoMatch title={words.list.noMatch} onClear={() => change(noFilters)} /> : <SendExample />}
        >
          {(items) => <EventTable items={items} />}
        </ListFrame>
      </Stack>
    </>
  );
}
