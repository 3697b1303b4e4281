import { Badge, Code, Group, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Sentence } from '../../ui';
import { Section } from '../../webhook/page/Section';
import { isConnected } from '../dashboard/filter';
import type { Detail } from '../types';

// ScopesCard compares what was granted with what is needed.
export function ScopesCard({ detail }: { detail: Detail }) {
  const t = useText().integrationPage.scopes;
  const connected = isConnected(detail);
  if (detail.scopes.length === 0) return null;
  return (
    <Section title={t.title} text={t.text}>
      <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
        {detail.scopes.map((scope) => {
          const missing = connected && scope.granted === false;
          return (
            <li key={scope.name}>
              <Group gap="xs">
                <Text size="sm" fw={500}>
                  <Sentence text={scope.why} />
                </Text>
                <Badge variant="dot" color={!connected ? 'gray.6' : missing ? (scope.required ? 'red' : 'yellow') : 'green'} tt="none" fw={500} size="sm">
                  {!connected || scope.granted === undefined ? t.unknown : scope.granted ? t.yes : t.no}
                </Badge>
              </Group>
              <Code style={{ overflowWrap: 'anywhere' }}>{scope.name}</Code>
              {missing && scope.required && (
                <Text size="sm" fw={500}>
                  {t.missing}
                </Text>
              )}
            </li>
          );
        })}
      </Stack>
    </Section>
  );
}
