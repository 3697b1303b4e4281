import { Text } from '@mantine/core';
import { useText } from '../../text';
import { Address, Confirm } from '../../ui';
import { useDeleteWebhook, useWaiting, type Webhook } from '../queries';
import type { Done } from './DoneNote';

interface Props {
  webhook: Webhook | null; // none: closed
  onClose: () => void;
  onDeleted: (done: Done) => void;
}

// DeleteDialog asks once more, and says what ends with the webhook.
export function DeleteDialog({ webhook, onClose, onDeleted }: Props) {
  const t = useText().webhook.deleting;
  const remove = useDeleteWebhook();
  const waiting = useWaiting(webhook?.id ?? '', { enabled: webhook !== null }).data;

  const close = () => {
    remove.reset();
    onClose();
  };
  const confirm = () => {
    if (!webhook) return;
    remove.mutate(webhook.id, {
      onSuccess: () => {
        close();
        onDeleted({ id: webhook.id, title: t.done, url: webhook.url });
      },
    });
  };
  return (
    <Confirm
      opened={webhook !== null}
      title={t.title}
      confirmLabel={t.confirm}
      destructive
      busy={remove.isPending}
      error={remove.error}
      consequence={t.consequence}
      onConfirm={confirm}
      onClose={close}
    >
      <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
        <Address url={webhook?.url ?? ''} />
      </Text>
      <Text size="sm">{waiting ? t.pending(waiting.pending + waiting.held) : t.unknown}</Text>
    </Confirm>
  );
}
