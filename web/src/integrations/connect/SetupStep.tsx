import { Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { AppForm } from '../parts/AppForm';
import { AskForSetup } from '../parts/AskForSetup';
import { Actions } from './Actions';
import type { StepProps } from './ConnectGuide';

// SetupStep is for an integration whose application at the provider is not known
// here: who may enters it, who may not asks for it.
export function SetupStep({ detail, onNext }: StepProps) {
  const t = useText().connect.setup;
  return (
    <Stack gap="md">
      <div>
        <Text fw={600}>{t.title(detail.name)}</Text>
        <Text size="sm" c="dimmed">
          {t.text(detail.name)}
        </Text>
      </div>
      {detail.app.mayEdit ? <AppForm detail={detail} onSaved={onNext} /> : <AskForSetup slug={detail.slug} />}
      {detail.configured && <Actions onNext={onNext} />}
    </Stack>
  );
}
