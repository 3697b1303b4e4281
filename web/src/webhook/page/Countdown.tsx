import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useText } from '../../text';
import { absolute } from '../../ui';
import { left, untilTick } from './countdown';

interface Props {
  until: Date;
}

// Countdown counts to the end of the previous secret, and says when it has come.
export function Countdown({ until }: Props) {
  const t = useText().webhookPage.secret;
  const now = useSeconds(until);
  const rest = left(until, now);
  if (!rest) {
    return (
      <Text size="sm" role="status">
        {t.ended}
      </Text>
    );
  }
  const shown = rest.days > 0 ? `${t.days(rest.days)} ${rest.clock}` : rest.clock;
  return (
    <Text size="sm" component="div">
      {t.previous}{' '}
      <Text span fw={600} role="timer" style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
        {shown}
      </Text>
      <Text span c="dimmed">
        , <time dateTime={until.toISOString()}>{t.previousAt(absolute(until))}</time>
      </Text>
    </Text>
  );
}

// useSeconds gives a new time whenever the shown second ends, until the moment.
function useSeconds(until: Date): number {
  const end = until.getTime();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const at = Date.now();
      setNow(at);
      if (at < end) timer = setTimeout(tick, untilTick(new Date(end), at) + 5);
    };
    tick();
    return () => clearTimeout(timer);
  }, [end]);
  return now;
}
