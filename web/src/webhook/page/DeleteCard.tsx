import { Button, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useText } from '../../text';
import { Confirm, Icon } from '../../ui';
import { useDeleteWebhook, useWaiting, type Webhook } from '../queries';
import { Section } from './Section';

interface Props {
  webhook: Webhook;
  onDeleting: (deleting: boolean) => void; // while it goes, the page asks for nothing
}

// DeleteCard deletes the webhook, after it has said what ends with it.
export function DeleteCard({ webhook, onDeleting }: Props) {
  const t = useText().webhookPage.remove;
  const navigate = useNavigate();
  const waiting = useWaiting(webhook.id);
  const remove = useDeleteWebhook();
  const [asking, setAsking] = useState(false);
  const counts = waiting.data;

  const run = async () => {
    onDeleting(true);
    try {
      await remove.mutateAsync(webhook.id);
    } catch {
      return onDeleting(false); // the dialog shows why
    }
    notifications.show({ color: 'green', title: t.done, message: webhook.url });
    void navigate('/settings/integrations?webhooks=open', { replace: true });
  };
  return (
    <>
      <Section
        title={t.title}
        text={t.text}
        actions={
          <Button color="red" variant="outline" leftSection={<Icon name="trash" />} onClick={() => setAsking(true)}>
            {t.action}
          </Button>
        }
      />
      <Confirm
        opened={asking}
        title={t.question}
        consequence={
          <Stack gap={4}>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {t.consequence(webhook.url)}
            </Text>
            <Text size="sm" fw={600}>
              {counts ? t.waiting(counts.pending, counts.held) : t.unknown}
            </Text>
          </Stack>
        }
        confirmLabel={t.confirm}
        destructive
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => void run()}
        onClose={() => {
          remove.reset();
          setAsking(false);
        }}
      />
    </>
  );
}
