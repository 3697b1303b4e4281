import type { ReactNode } from 'react';
import { DeliveryDrawer } from './DeliveryDrawer';
import { DeliveryTable, type DeliveryTableProps } from './DeliveryTable';
import { ListFrame } from './ListFrame';
import type { DeliveryList } from './queries';

interface Props extends Omit<DeliveryTableProps, 'items' | 'stale' | 'drawer'> {
  list: DeliveryList;
  searching?: boolean;
  empty: ReactNode;
}

// DeliveryListView is a live list of deliveries, whole. An address can open a
// delivery that its list does not show.
export function DeliveryListView({ list, searching, empty, ...table }: Props) {
  return (
    <>
      <ListFrame list={list} searching={searching} empty={empty}>
        {(items) => <DeliveryTable {...table} items={items} drawer={false} />}
      </ListFrame>
      <DeliveryDrawer />
    </>
  );
}
