import { Stack, Table, Text } from '@mantine/core';
import { useText } from '../../text';
import { When } from '../../ui';
import { Section } from '../../webhook/page/Section';
import { ImportPanel } from './ImportPanel';
import { useImports } from './queries';

// ImportCard imports contacts by file, and says what was imported before.
export function ImportCard({ slug }: { slug: string }) {
  const t = useText().importFile;
  return (
    <Section title={t.title} text={t.text}>
      <Stack gap="md">
        <ImportPanel slug={slug} />
        <History slug={slug} />
      </Stack>
    </Section>
  );
}

function History({ slug }: { slug: string }) {
  const t = useText().importFile;
  const imports = useImports(slug).data?.imports ?? [];
  if (imports.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600}>
        {t.history}
      </Text>
      <Table.ScrollContainer minWidth={520}>
        <Table fz="sm" verticalSpacing={4} aria-label={t.history}>
          <Table.Thead>
            <Table.Tr>
              {[t.when, t.file, t.by, t.result].map((name) => (
                <Table.Th key={name} scope="col">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {imports.map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td>{one.started && <When at={one.started} />}</Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{one.file ?? t.noName}</Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{one.by}</Table.Td>
                <Table.Td>
                  {t.states[one.state]}
                  <div>{one.state === 'succeeded' ? t.tally(one.new, one.changed, one.same, one.skipped + one.merged) : t.progress(one.done, one.people)}</div>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </div>
  );
}
