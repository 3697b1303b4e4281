import { Button, Stack } from '@mantine/core';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'react-router';
import { ListFrame } from '../delivery/ListFrame';
import { useText } from '../text';
import { Empty, PageHeader, When } from '../ui';
import { EventFilterBar } from './EventFilterBar';
import { EventTable } from './EventTable';
import { isFiltered, noFilters, readFilters, writeFilters, type EventFilters } from './filter';
import { useEvents } from './queries';
import { SendExample } from './SendExample';

export default function EventsPage() {
  const t = useText();
  const words = t.event;
  const [params, setParams] = useSearchParams();
  const address = writeFilters(new URLSearchParams(), readFilters(params)).toString();
  const filters = useMemo(() => readFilters(new URLSearchParams(address)), [address]);
  const list = useEvents(filters);
  const searchedTo = list.last?.searchedTo;

  const change = (next: EventFilters) => {
    const typing = next.text !== filters.text;
    setParams((now) => writeFilters(now, next), { replace: typing, preventScrollReset: true });
  };

  const noMatch = (
    <Empty
      title={words.list.noMatch}
      text={words.list.noMatchText}
      action={
        <Button variant="default" onClick={() => change(noFilters)}>
          {words.filter.clear}
        </Button>
      }
    />
  );

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
        <EventFilterBar filters={filters} onChange={change} />
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
          empty={isFiltered(filters) ? noMatch : <SendExample />}
        >
          {(items) => <EventTable items={items} />}
        </ListFrame>
      </Stack>
    </>
  );
}
