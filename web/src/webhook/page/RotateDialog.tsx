import { Alert, Select, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../../text';
import { Confirm, parse } from '../../ui';
import type { Webhook } from '../queries';
import { useRotate } from './queries';

interface Props {
  webhook: Webhook;
  opened: boolean;
  onClose: () => void;
  onRotated: (secret: string) => void;
}

const usual = 24; // hours

// RotateDialog asks how long the old secret signs too, and makes a new one.
export function RotateDialog({ webhook, opened, onClose, onRotated }: Props) {
  const t = useText().webhookPage.secret;
  const rotate = useRotate();
  const [hours, setHours] = useState(usual);
  const previous = parse(webhook.previousSecretUntil);
  const overlapping = previous !== null && previous.getTime() > Date.now();

  const close = () => {
    rotate.reset();
    setHours(usual);
    onClose();
  };
  const run = () =>
    rotate.mutate(
      { id: webhook.id, overlapHours: hours },
      {
        onSuccess: (answer) => {
          close();
          onRotated(answer.secret);
        },
      },
    );
  return (
    <Confirm
      opened={opened}
      title={t.rotateTitle}
      consequence={t.rotateText(webhook.url)}
      confirmLabel={t.rotate}
      destructive={hours === 0}
      busy={rotate.isPending}
      error={rotate.error}
      onConfirm={run}
      onClose={close}
    >
      <Select
        label={t.overlap}
        description={t.overlapHelp}
        data={Object.entries(t.overlaps).map(([value, label]) => ({ value, label }))}
        value={String(hours)}
        onChange={(value) => setHours(Number(value ?? usual))}
        allowDeselect={false}
      />
      {hours === 0 && (
        <Alert color="orange" role="status">
          {t.atOnce}
        </Alert>
      )}
      {overlapping && <Text size="sm">{t.endsEarlier}</Text>}
    </Confirm>
  );
}
