import { Alert, Badge, Table } from '@mantine/core';
import type { Schemas } from '../api';
import { useText } from '../text';
import { CopyId, Icon, Num, When } from '../ui';
import { Part } from './Part';

type Node = Schemas['NodeView'];

// NodesCard shows the servers of the installation and what they hold.
export function NodesCard({ nodes, now }: { nodes: Node[]; now: string }) {
  const t = useText();
  const words = t.system.nodes;
  const versions = new Set(nodes.map((node) => node.version));
  return (
    <Part title={words.title} explain={words.explain}>
      {versions.size > 1 && (
        <Alert color="yellow" icon={<Icon name="alert" />}>
          {words.otherVersion}
        </Alert>
      )}
      <Table.ScrollContainer minWidth={720}>
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
                  <CopyId value={node.id} />
                  {node.self && (
                    <Badge variant="default" tt="none" fw={500}>
                      {words.self}
                    </Badge>
                  )}
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
    </Part>
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
