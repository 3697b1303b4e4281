import { Paper, SimpleGrid, Text } from '@mantine/core';
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
    <SimpleGrid component="ul" cols={3} spacing={{ base: 'xs', sm: 'md' }} m={0} p={0} aria-label={t.counters.label} aria-live="polite" style={{ listStyle: 'none' }}>
      {counters.map((text, i) => (
        <Paper key={i} component="li" withBorder px={{ base: 'xs', sm: 'md' }} py="sm">
          <Text fw={650} fz={{ base: 'sm', sm: 'lg' }} style={{ fontVariantNumeric: 'tabular-nums' }}>
            {text}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
