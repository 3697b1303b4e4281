import { Stack, Text } from '@mantine/core';
import { useDraft } from '../../draft';
import { useText } from '../../text';
import { isConnected } from '../dashboard/filter';
import { asValues } from '../settings/values';
import { Actions } from './Actions';
import type { StepProps } from './ConnectGuide';
import { draftOf, readValues } from './draft';
import { useNeeds } from './queries';
import { ScopeList } from './ScopeList';

// PermissionsStep names each permission and why it is asked for.
export function PermissionsStep({ detail, onNext }: StepProps) {
  const words = useText().connect;
  const t = words.permissions;
  const { found } = useDraft(draftOf(detail.slug), readValues);
  const stored = asValues(detail.settings);
  const { scopes, token } = useNeeds(detail, isConnected(detail) ? stored : { ...stored, ...found });
  return (
    <Stack gap="md">
      <div>
        <Text fw={600}>{t.title}</Text>
        <Text size="sm" c="dimmed">
          {token ? words.settings.byToken(detail.name) : t.text(detail.name)}
        </Text>
      </div>
      <ScopeList scopes={scopes} />
      <Actions onNext={onNext} />
    </Stack>
  );
}
