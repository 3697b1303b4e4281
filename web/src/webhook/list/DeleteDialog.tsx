import { Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useText } from '../../text';
import { Confirm } from '../../ui';
import { useAbove } from '../above';
import { useDeleteWebhook, useWebhook, type Webhook } from '../queries';

interface Props {
  webhook: Webhook | null; // none: closed
  onClose: () => void;
  onDeleted: () => void;
}

// DeleteDialog asks once more, and says what ends with the webhook.
export function DeleteDialog({ webhook, onClose, onDeleted }: Props) {
  const t = useText().webhook.deleting;
  const remove = useDeleteWebhook();
  const waiting = useWebhook(webhook?.id ?? '', { enabled: webhook !== null }).data?.waiting;
  useAbove(webhook !== null);

  const close = () => {
    remove.reset();
    onClose();
  };
  const confirm = () => {
    if (!webhook) return;
    remove.mutate(webhook.id, {
      onSuccess: () => {
        notifications.show({ color: 'green', title: t.done, message: webhook.url });
        close();
        onDeleted();
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
        {webhook?.url}
      </Text>
      <Text size="sm">{waiting ? t.pending(waiting.pending + waiting.held) : t.unknown}</Text>
    </Confirm>
  );
}
