import { Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { useSession } from '../session';
import { useText } from '../text';
import { Figure, Num, When } from '../ui';
import { Breakdown } from './Breakdown';
import { CallsOverTime } from './CallsOverTime';
import { useApiKey } from './queries';
import { rangeOf, ranges } from './usage';

// Usage is how much the API key is used: totals for both roles, the rest for
// those who may see it.
export function Usage() {
  const t = useText().apikey.usage;
  const { can } = useSession();
  const usage = useApiKey().data?.usage;
  const all = can('key.usage');
  return (
    <Stack gap="md">
      <Title order={3} size="h4">
        {t.title}
      </Title>
      <Group component="dl" gap="xl" m={0}>
        <Figure name={t.total}>
          <Num value={usage?.totalCalls} />
        </Figure>
        <Figure name={t.last}>{usage && !usage.lastCall ? t.never : <When at={usage?.lastCall} />}</Figure>
      </Group>
      {all ? (
        <Details />
      ) : (
        <Text size="sm" c="dimmed">
          {t.limited}
        </Text>
      )}
    </Stack>
  );
}

function Details() {
  const t = useText().apikey.usage;
  const [search, setSearch] = useSearchParams();
  const range = rangeOf(search.get('usage'));

  function choose(value: string) {
    setSearch(
      (old) => {
        old.set('usage', value);
        return old;
      },
      { replace: true, preventScrollReset: true },
    );
  }

  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label={t.range}
        size="xs"
        value={range}
        onChange={choose}
        data={ranges.map((r) => ({ value: r, label: t.ranges[r] }))}
        style={{ alignSelf: 'flex-start' }}
      />
      <CallsOverTime range={range} />
      <Group align="flex-start" gap="xl">
        <Breakdown by="route" range={range} />
        <Breakdown by="status" range={range} />
      </Group>
    </Stack>
  );
}
