import { Badge, Tooltip } from '@mantine/core';
import { useLive } from '../live';
import { useText } from '../text';
import { clock } from '../ui';

const colors = { live: 'green', reconnecting: 'yellow', offline: 'red' } as const;

// LiveMark says if what is shown is of this moment.
export function LiveMark() {
  const t = useText();
  const { state, since } = useLive();
  const words = {
    live: { short: t.shell.live, long: t.shell.liveText },
    reconnecting: { short: t.shell.reconnecting, long: t.shell.reconnectingText },
    offline: { short: since ? t.shell.offlineSince(clock(since)) : t.shell.reconnecting, long: t.shell.offlineText },
  }[state];
  return (
    <Tooltip label={words.long} events={{ hover: true, focus: true, touch: true }}>
      <Badge variant="dot" color={colors[state]} tt="none" fw={500} role="status" tabIndex={0} data-live={state} style={{ flexShrink: 0 }}>
        {words.short}
      </Badge>
    </Tooltip>
  );
}
