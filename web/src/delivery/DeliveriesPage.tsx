import { Button, Stack, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useSession } from '../session';
import { useText } from '../text';
import { Empty, Icon, PageHeader } from '../ui';
import { DeliveryListView } from './DeliveryListView';
import { deliveryFilters, noFilters, type DeliveryFilters } from './filter';
import { FilterBar } from './FilterBar';
import { NoMatch } from './NoMatch';
import { useDeliveries } from './queries';
import { endsTooEarly } from './range';
import { ReplayDialog } from './ReplayDialog';
import { useFilters } from './useFilters';

export default function DeliveriesPage() {
  const t = useText();
  const words = t.delivery;
  const { filters, change, filtered, set } = useFilters(deliveryFilters);
  return (
    <>
      <PageHeader title={words.title} subtitle={words.subtitle} actions={<Replay filters={filters} onShow={change} />} />
      <Stack gap="md">
        <FilterBar filters={filters} set={set} onChange={change} />
        {!endsTooEarly(filters.range) && <List filters={filters} filtered={filtered} onClear={() => change(noFilters)} />}
      </Stack>
    </>
  );
}

interface ListProps {
  filters: DeliveryFilters;
  filtered: boolean;
  onClear: () => void;
}

function List({ filters, filtered, onClear }: ListProps) {
  const words = useText().delivery.list;
  const list = useDeliveries(filters);
  const none = (
    <Empty
      title={words.none}
      text={words.noneText}
      action={
        <Button component={Link} to="/settings/integrations" variant="default">
          {words.noneAction}
        </Button>
      }
    />
  );
  return <DeliveryListView list={list} searching={filters.text !== ''} empty={filtered ? <NoMatch title={words.noMatch} onClear={onClear} /> : none} />;
}

function Replay({ filters, onShow }: { filters: DeliveryFilters; onShow: (filters: DeliveryFilters) => void }) {
  const t = useText();
  const words = t.delivery.replay;
  const allowed = useSession().can('delivery.replay');
  const [opened, setOpened] = useState(false);
  const button = (
    <Button
      variant="default"
      leftSection={<Icon name="refresh" />}
      data-disabled={allowed ? undefined : true}
      aria-disabled={allowed ? undefined : true}
      onClick={() => allowed && setOpened(true)}
    >
      {words.action}
    </Button>
  );
  return (
    <>
      {allowed ? (
        button
      ) : (
        <Tooltip label={words.notAllowed} multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
          {button}
        </Tooltip>
      )}
      {allowed && (
        <ReplayDialog
          opened={opened}
          filters={filters}
          onClose={() => setOpened(false)}
          onShow={(webhook, since) => onShow({ ...noFilters, webhook, range: { preset: 'custom', since, until: '' } })}
        />
      )}
    </>
  );
}
