import { ActionIcon, Indicator, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useRef, useState } from 'react';
import { useText } from '../text';
import { Icon, onceMore } from '../ui';
import { unreadMost, useUnread } from './queries';

// The panel's script comes when it is first opened.
const Panel = lazy(onceMore(() => import('./AlertPanel')));

// Bell says how many alerts one has not read, and opens them.
export function Bell() {
  const t = useText();
  const { data: unread = 0 } = useUnread();
  const [opened, { open, close }] = useDisclosure(false);
  const [asked, setAsked] = useState(false);
  const bell = useRef<HTMLButtonElement>(null);
  const label = t.alert.bell(unread, unreadMost);
  return (
    <>
      <Indicator label={t.alert.badge(unread, unreadMost)} size={16} color="red" offset={4} disabled={unread === 0} styles={{ indicator: { pointerEvents: 'none' } }} zIndex={1}>
        <Tooltip label={label}>
          <ActionIcon
            ref={bell}
            variant="default"
            size="lg"
            radius="xl"
            aria-label={label}
            aria-haspopup="dialog"
            aria-expanded={opened}
            onClick={() => {
              setAsked(true);
              open();
            }}
          >
            <Icon name="bell" />
          </ActionIcon>
        </Tooltip>
      </Indicator>
      {asked && (
        <Suspense fallback={null}>
          <Panel opened={opened} onClose={close} onGone={() => bell.current?.focus()} />
        </Suspense>
      )}
    </>
  );
}
