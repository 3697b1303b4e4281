import { Badge, Code, Group, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Sentence } from '../../ui';
import type { Detail } from '../types';

// ScopeList names permissions, and why each is asked for.
export function ScopeList({ scopes }: Pick<Detail, 'scopes'>) {
  const t = useText().connect.permissions;
  return (
    <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
      {scopes.map((scope) => (
        <li key={scope.name}>
          <Group gap="xs">
            <Text size="sm" fw={500}>
              <Sentence text={scope.why} />
            </Text>
            <Badge variant="default" tt="none" fw={500} size="sm">
              {scope.required ? t.required : t.optional}
            </Badge>
          </Group>
          <Code style={{ overflowWrap: 'anywhere' }}>{scope.name}</Code>
        </li>
      ))}
    </Stack>
  );
}
