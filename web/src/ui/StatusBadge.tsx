import { Badge } from '@mantine/core';
import { useText } from '../text';

const colors = {
  active: 'green',
  off: 'gray.6', // seen on both backgrounds
  failing: 'orange',
  disabled: 'red',
  pending: 'blue',
  held: 'yellow',
  delivered: 'green',
  failed: 'red',
  discarded: 'gray.6',
} as const;

export type Status = keyof typeof colors;

interface Props {
  status: Status | (string & {});
}

const known = (status: string): status is Status => status in colors;

// StatusBadge is a webhook's status word or a delivery's state. The word carries
// the meaning; the dot's colour only helps.
export function StatusBadge({ status }: Props) {
  const t = useText();
  return (
    <Badge variant="dot" color={known(status) ? colors[status] : 'gray.6'} tt="none" fw={500} style={{ flexShrink: 0 }}>
      {known(status) ? t.shell.status[status] : status}
    </Badge>
  );
}
