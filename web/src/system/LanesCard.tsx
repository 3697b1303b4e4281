import { Anchor, Badge, Group, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link } from 'react-router';
import type { Schemas } from '../api';
import { Fact, Facts } from '../delivery/Facts';
import { phone } from '../delivery/phone';
import { useText } from '../text';
import { Address, CopyId, Empty, When } from '../ui';
import { ages, byAge, waitingOf } from './age';
import { Part } from './Part';

type Lane = Schemas['LaneView'];

const most = 100; // what the server gives

interface RowsProps {
  lanes: Lane[];
  now: string;
}

// LanesCard shows the queues of webhooks by how long they have waited.
export function LanesCard({ lanes, now }: RowsProps) {
  const t = useText();
  const words = t.system.lanes;
  const narrow = useMediaQuery(phone, undefined, { getInitialValueInEffect: false });
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
      {narrow ? lanes.map((lane) => <OneLane key={lane.webhookId} lane={lane} now={now} />) : <Rows lanes={lanes} now={now} />}
      {lanes.length >= most && (
        <Text size="sm" c="dimmed">
          {words.most(most)}
        </Text>
      )}
    </Part>
  );
}

function Rows({ lanes, now }: RowsProps) {
  const t = useText();
  const words = t.system.lanes;
  return (
    <Table.ScrollContainer minWidth={480} type="native">
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
                <To lane={lane} />
              </Table.Td>
              <Table.Td>
                <Oldest lane={lane} now={now} />
              </Table.Td>
              <Table.Td>{lane.node ? <CopyId value={lane.node} /> : words.noNode}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface LaneProps {
  lane: Lane;
  now: string;
}

function OneLane({ lane, now }: LaneProps) {
  const t = useText();
  const words = t.system.lanes;
  return (
    <Facts>
      <Fact name={words.webhook}>
        <To lane={lane} />
      </Fact>
      <Fact name={words.oldest}>
        <Oldest lane={lane} now={now} />
      </Fact>
      <Fact name={words.node}>{lane.node ? <CopyId value={lane.node} /> : words.noNode}</Fact>
    </Facts>
  );
}

function To({ lane }: { lane: Lane }) {
  return (
    <Anchor component={Link} to={`/settings/webhooks/${lane.webhookId}`} size="sm">
      <Address url={lane.webhookUrl} />
    </Anchor>
  );
}

function Oldest({ lane, now }: LaneProps) {
  const t = useText();
  const words = t.system.lanes;
  return (
    <>
      {waitingOf(lane.oldest, now).ms < 0 ? words.next : words.due} <When at={lane.oldest} />
    </>
  );
}
