import { Button, Center, Group, Text, VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { useText } from '../text';
import { Empty, Icon, Problem, Rows } from '../ui';
import classes from './DeliveryTable.module.css';
import type { LiveList } from './useLiveList';

interface Props<Item> {
  list: LiveList<Item>;
  searching?: boolean; // a search looks at so many at once, and may find none among them
  searchedText?: ReactNode;
  empty: ReactNode;
  children: (items: Item[]) => ReactNode;
}

// ListFrame is what belongs to a live list: the new ones that wait above, the
// way to older ones, and what is said when there are none.
export function ListFrame<Item>({ list, searching = false, searchedText, empty, children }: Props<Item>) {
  const t = useText();
  const words = t.delivery.list;
  const { items } = list;
  if (!items) return list.error ? <Problem error={list.error} onRetry={list.retry} /> : <Rows n={8} height={28} />;
  const none = items.length === 0;
  const older = list.hasOlder && (
    <Button variant="default" loading={list.loadingOlder} onClick={list.older}>
      {none && searching ? words.goOnAction : words.older}
    </Button>
  );
  return (
    <div>
      {Boolean(list.error) && <Problem error={list.error} onRetry={list.retry} />}
      <Fresh n={list.fresh.n} more={list.fresh.more} onShow={list.showFresh} />
      {none && (older ? <Empty title={words.goOn} text={searchedText ?? words.goOnText} action={older} /> : empty)}
      {!none && (
        <>
          <div className={list.stale ? classes.stale : undefined} aria-busy={list.stale || undefined}>
            {children(items)}
          </div>
          <Center mt="md">
            {older || (
              <Text size="sm" c="dimmed">
                {words.end}
              </Text>
            )}
          </Center>
        </>
      )}
    </div>
  );
}

function Fresh({ n, more, onShow }: { n: number; more: boolean; onShow: () => void }) {
  const t = useText();
  const words = t.delivery.list.fresh(n, more);
  return (
    <>
      <VisuallyHidden role="status">{n > 0 ? words : ''}</VisuallyHidden>
      {n > 0 && (
        <Group className={classes.fresh}>
          <Button size="compact-md" radius="xl" title={t.delivery.list.freshHint} leftSection={<Icon name="refresh" />} onClick={onShow}>
            {words}
          </Button>
        </Group>
      )}
    </>
  );
}
