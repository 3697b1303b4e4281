import { Box, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { useText } from '../text';
import { Num, Problem } from '../ui';
import { share } from './format';
import { useKeySums } from './queries';
import { totalOf, type Range } from './usage';

interface Props {
  by: 'route' | 'status';
  range: Range;
}

// Breakdown sums the calls of a time range by what was called or answered.
export function Breakdown({ by, range }: Props) {
  const t = useText().apikey.usage;
  const query = useKeySums(by, range);
  const total = totalOf(query.data ?? []);
  return (
    <Stack gap="xs" flex="1 1 18rem" miw={0}>
      <Title order={4} size="h5">
        {t.by[by]}
      </Title>
      {query.isError && <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />}
      {query.isPending && <Skeleton height={90} />}
      {query.data && total === 0 && (
        <Text size="sm" c="dimmed">
          {t.empty}
        </Text>
      )}
      {query.data && total > 0 && (
        <Table fz="sm" aria-label={t.by[by]}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t.column[by]}</Table.Th>
              <Table.Th scope="col">{t.calls}</Table.Th>
              <Table.Th scope="col">{t.share}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {query.data.map((row) => (
              <Table.Tr key={row.route ?? row.status}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  {row.route ?? row.status}
                  {row.status !== undefined && (
                    <Box component="span" c="dimmed">
                      {' '}
                      {t.statusWord(row.status)}
                    </Box>
                  )}
                </Table.Td>
                <Table.Td>
                  <Num value={row.calls} />
                </Table.Td>
                <Table.Td>{share(row.calls, total)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
