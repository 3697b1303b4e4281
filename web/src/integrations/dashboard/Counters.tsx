import { Group, Paper, Text } from '@mantine/core';
import { useText } from '../../text';
import type { List } from '../types';

// Counters says how many are connected, how many can be, and in how many
// categories.
export function Counters({ list }: { list: List | undefined }) {
  const t = useText().integrations;
  const figure = (n: number | undefined) => (n === undefined ? '–' : new Intl.NumberFormat().format(n));
  const counters = [
    t.counters.connected(figure(list?.connected.count)),
    t.counters.available(figure(list?.available.count)),
    t.counters.categories(figure(list?.categories.count)),
  ];
  return (
    <Group component="ul" gap="sm" m={0} p={0} grow preventGrowOverflow={false} aria-label={t.counters.label} aria-live="polite" style={{ listStyle: 'none' }}>
      {counters.map((text, i) => (
        <Paper key={i} component="li" withBorder px="md" py="sm" miw={{ base: '100%', xs: 0 }}>
          <Text fw={650} fz="lg" style={{ fontVariantNumeric: 'tabular-nums' }}>
            {text}
          </Text>
        </Paper>
      ))}
    </Group>
  );
}
