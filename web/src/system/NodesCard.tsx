import { Alert, Badge, Table } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { Schemas } from '../api';
import { Fact, Facts } from '../delivery/Facts';
import { phone } from '../delivery/phone';
import { useText } from '../text';
import { CopyId, Icon, Num, When } from '../ui';
import { Part } from './Part';

type Node = Schemas['NodeView'];

// NodesCard shows the servers of the installation and what they hold.
export function NodesCard({ nodes, now }: { nodes: Node[]; now: string }) {
  const t = useText();
  const words = t.system.nodes;
  const narrow = useMediaQuery(phone, undefined, { getInitialValueInEffect: false });
  const versions = new Set(nodes.map((node) => node.version));
  return (
    <Part title={words.title} explain={words.explain}>
      {versions.size > 1 && (
        <Alert color="yellow" icon={<Icon name="alert" />}>
          {words.otherVersion}
        </Alert>
      )}
      {narrow ? nodes.map((node) => <OneNode key={node.id} node={node} now={now} />) : <Rows nodes={nodes} now={now} />}
    </Part>
  );
}

interface RowsProps {
  nodes: Node[];
  now: string;
}

function Rows({ nodes, now }: RowsProps) {
  const t = useText();
  const words = t.system.nodes;
  return (
    <Table.ScrollContainer minWidth={720} type="native">
      <Table>
        <Table.Thead>
          <Table.Tr>
            {[words.node, words.address, words.version, words.started, words.lease, words.lanes].map((name) => (
              <Table.Th key={name} scope="col">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {nodes.map((node) => (
            <Table.Tr key={node.id}>
              <Table.Td maw="16rem">
                <Name node={node} />
              </Table.Td>
              <Table.Td>{node.address}</Table.Td>
              <Table.Td>{node.version}</Table.Td>
              <Table.Td>
                <When at={node.started} />
              </Table.Td>
              <Table.Td>
                <Lease until={node.leaseUntil} now={now} />
              </Table.Td>
              <Table.Td>
                <Num value={node.lanes} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function OneNode({ node, now }: { node: Node; now: string }) {
  const t = useText();
  const words = t.system.nodes;
  return (
    <Facts>
      <Fact name={words.node}>
        <Name node={node} />
      </Fact>
      <Fact name={words.address}>{node.address}</Fact>
      <Fact name={words.version}>{node.version}</Fact>
      <Fact name={words.started}>
        <When at={node.started} />
      </Fact>
      <Fact name={words.lease}>
        <Lease until={node.leaseUntil} now={now} />
      </Fact>
      <Fact name={words.lanes}>
        <Num value={node.lanes} />
      </Fact>
    </Facts>
  );
}

function Name({ node }: { node: Node }) {
  const t = useText();
  return (
    <>
      <CopyId value={node.id} />
      {node.self && (
        <Badge variant="default" tt="none" fw={500}>
          {t.system.nodes.self}
        </Badge>
      )}
    </>
  );
}

// Lease counts by the server's clock, not the browser's.
function Lease({ until, now }: { until: string; now: string }) {
  const t = useText();
  const words = t.system.nodes;
  const seconds = Math.floor((new Date(until).getTime() - new Date(now).getTime()) / 1000);
  return (
    <Badge variant="dot" color={seconds >= 0 ? 'green' : 'red'} tt="none" fw={500}>
      {seconds >= 0 ? words.leased(seconds) : words.expired}
    </Badge>
  );
}
