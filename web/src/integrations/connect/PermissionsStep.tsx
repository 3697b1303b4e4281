import { Badge, Code, Group, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Sentence } from '../../ui';
import { Actions } from './Actions';
import type { StepProps } from './ConnectGuide';

// PermissionsStep names each permission and why it is asked for.
export function PermissionsStep({ detail, onNext }: StepProps) {
  const t = useText().connect.permissions;
  return (
    <Stack gap="md">
      <div>
        <Text fw={600}>{t.title}</Text>
        <Text size="sm" c="dimmed">
          {t.text(detail.name)}
        </Text>
      </div>
      <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
        {detail.scopes.map((scope) => (
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
      <Actions onNext={onNext} />
    </Stack>
  );
}
