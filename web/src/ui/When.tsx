import { Tooltip } from '@mantine/core';
import { Dash } from './Num';
import { absolute, parse, relative, useNow } from './time';

interface Props {
  at: string | Date | null | undefined;
}

// When is a relative time that ticks; the absolute one comes on hover and focus.
export function When({ at }: Props) {
  const now = useNow();
  const date = parse(at);
  if (!date) return <Dash />;
  // A thing of this very second would be "in 2 seconds" by a clock that is late.
  const text = relative(date, Math.max(now, Math.min(Date.now(), date.getTime())));
  return (
    <Tooltip label={absolute(date)} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={date.toISOString()} tabIndex={0} style={{ whiteSpace: 'nowrap' }}>
        {text}
      </time>
    </Tooltip>
  );
}
