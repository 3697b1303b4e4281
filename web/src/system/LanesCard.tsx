import { Anchor, Badge, Group, Table, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { Schemas } from '../api';
import { useText } from '../text';
import { CopyId, Empty, When } from '../ui';
import { ages, byAge, waitingOf } from './age';
import { Part } from './Part';

type Lane = Schemas['LaneView'];

const most = 100; // what the server gives

// LanesCard shows the queues of webhooks by how long they have waited.
export function LanesCard({ lanes, now }: { lanes: Lane[]; now: string }) {
  const t = useText();
  const words = t.system.lanes;
  if (lanes.length === 0) {
    return (
      <Part title={words.title} explain={words.explain}>
        <Empty title={words.none} text={words.noneText} />
      </Part>
    );
  }
  const n = byAge(lanes, now);
  return (
    <Part title={words.title} explain={words.explain}>
      <Group gap="xs">
        {ages.map(
          (age) =>
            n[age] > 0 && (
              <Badge key={age} variant="default" tt="none" fw={500}>
                {words.age(n[age], words.ages[age])}
              </Badge>
            ),
        )}
      </Group>
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{words.webhook}</Table.Th>
              <Table.Th scope="col">{words.oldest}</Table.Th>
              <Table.Th scope="col">{words.node}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lanes.map((lane) => (
              <Table.Tr key={lane.webhookId}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Anchor component={Link} to={`/settings/webhooks/${lane.webhookId}`} size="sm">
                    {lane.webhookUrl}
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  {waitingOf(lane.oldest, now).ms < 0 ? words.next : words.due} <When at={lane.oldest} />
                </Table.Td>
                <Table.Td>{lane.node ? <CopyId value={lane.node} /> : words.noNode}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {lanes.length >= most && (
        <Text size="sm" c="dimmed">
          {words.most(most)}
        </Text>
      )}
    </Part>
  );
}
