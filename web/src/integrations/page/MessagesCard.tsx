import { Anchor, Badge, Stack, Table, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../../text';
import { Empty, Older, Problem, Rows, When } from '../../ui';
import { Section } from '../../webhook/page/Section';
import type { Notification } from '../types';
import { useMessages } from './queries';

// MessagesCard is what was posted, what waits, and what could not be.
export function MessagesCard({ slug }: { slug: string }) {
  const t = useText().integrationPage.notifications;
  const query = useMessages(slug);
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <Section title={t.title}>
      <Stack gap="sm">
        <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />
        {query.isPending && <Rows n={3} />}
        {items && items.length === 0 && <Empty title={t.none} text={t.noneText} />}
        {items && items.length > 0 && <Messages items={items} />}
        <Older query={query} label={t.older} />
      </Stack>
    </Section>
  );
}

const colors: Record<Notification['state'], string> = { waiting: 'blue', posted: 'green', failed: 'red', collapsed: 'gray.6' };

function Messages({ items }: { items: readonly Notification[] }) {
  const t = useText().integrationPage.notifications;
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table fz="sm" verticalSpacing={4} aria-label={t.title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t.when}</Table.Th>
            <Table.Th scope="col">{t.message}</Table.Th>
            <Table.Th scope="col">{t.channel}</Table.Th>
            <Table.Th scope="col">{t.state}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item) => (
            <Table.Tr key={item.id}>
              <Table.Td>
                <When at={item.at} />
              </Table.Td>
              <Table.Td>
                {item.title}
                {item.event && (
                  <div>
                    <Anchor component={Link} to={`/settings/events/${item.event}`} size="sm">
                      {item.eventType}
                    </Anchor>
                  </div>
                )}
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{item.channel}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Badge variant="dot" color={colors[item.state]} tt="none" fw={500} size="sm">
                  {t.states[item.state] ?? item.state}
                </Badge>
                {(item.error || item.nextAt) && (
                  <Text size="sm" c="dimmed" component="div">
                    {item.error} {item.attempts > 0 && `(${t.attempts(item.attempts)})`}{' '}
                    {item.nextAt && (
                      <>
                        {t.next} <When at={item.nextAt} />
                      </>
                    )}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
