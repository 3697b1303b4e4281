import { Button, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Problem, Rows } from '../../ui';
import { isConnected } from '../dashboard/filter';
import { Fields } from '../settings/Fields';
import { useSettings } from '../settings/useSettings';
import { Actions } from './Actions';
import type { StepProps } from './ConnectGuide';
import { lateFields } from './steps';

// ChoicesStep is what can be chosen only after a sign-in: labels, calendars,
// channels.
export function ChoicesStep(props: StepProps) {
  const t = useText().connect.choices;
  return (
    <Stack gap="md">
      <div>
        <Text fw={600}>{t.title}</Text>
        <Text size="sm" c="dimmed">
          {t.text}
        </Text>
      </div>
      {isConnected(props.detail) ? <Choices {...props} /> : <Rows n={4} />}
    </Stack>
  );
}

function Choices({ detail, onNext }: StepProps) {
  const t = useText().connect;
  const form = useSettings(detail);
  const save = async () => {
    if (await form.submit()) onNext();
  };
  return (
    <>
      <Fields detail={detail} fields={lateFields(detail)} form={form} />
      <Problem error={form.error} onRetry={() => void save()} retrying={form.saving} />
      <Actions onNext={() => void save()} nextLabel={form.dirty ? t.choices.save : t.next} busy={form.saving}>
        {form.dirty && (
          <Button variant="subtle" onClick={onNext}>
            {t.later}
          </Button>
        )}
      </Actions>
    </>
  );
}
