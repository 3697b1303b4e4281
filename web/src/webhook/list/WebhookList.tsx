import { Button, Group, Stack, Title } from '@mantine/core';
import { useId, useRef, useState } from 'react';
import { useText } from '../../text';
import { Empty, Icon, Problem, Rows } from '../../ui';
import { useWebhooks, type Webhook } from '../queries';
import { DeleteDialog } from './DeleteDialog';
import { DoneNote, type Done } from './DoneNote';
import { Unfinished } from './Unfinished';
import { WebhookRow, type Note } from './WebhookRow';

export type Notes = Record<string, Note>;

interface Props {
  fresh: string | null; // just added or changed: it gets the focus
  notes: Notes;
  done: Done | null;
  onDone: (done: Done | null) => void;
  onNote: (id: string, note: Note) => void;
  onAdd: () => void;
  onEdit: (id: string) => void;
}

// WebhookList is "Active Webhooks": every webhook that is not deleted.
export function WebhookList({ fresh, notes, done, onDone, onNote, onAdd, onEdit }: Props) {
  const t = useText();
  const heading = useId();
  const list = useWebhooks();
  const [deleting, setDeleting] = useState<Webhook | null>(null);
  const add = useRef<HTMLButtonElement>(null);
  const addButton = (
    <Button ref={add} leftSection={<Icon name="plus" />} onClick={onAdd}>
      {t.webhook.addNew}
    </Button>
  );
  const deleted = (what: Done) => {
    onDone(what);
    add.current?.focus();
  };
  const webhooks = list.data?.activeWebhooks;
  return (
    <Stack component="section" aria-labelledby={heading} gap="sm">
      <Group justify="space-between">
        <Title order={3} size="h4" id={heading}>
          {t.webhook.active}
        </Title>
        {webhooks?.length !== 0 && addButton}
      </Group>
      <DoneNote done={webhooks?.some((one) => one.id === done?.id) ? null : done} onClose={() => onDone(null)} />
      <Unfinished webhooks={webhooks ?? []} onAdd={onAdd} onEdit={onEdit} />
      {!webhooks && !list.error && <Rows n={4} height={28} />}
      {!webhooks && <Problem error={list.error} onRetry={() => void list.refetch()} retrying={list.isFetching} />}
      {webhooks?.length === 0 && <Empty title={t.webhook.empty.title} text={t.webhook.empty.text} action={addButton} />}
      {webhooks && webhooks.length > 0 && (
        <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
          {webhooks.map((webhook) => (
            <WebhookRow
              key={webhook.id}
              webhook={webhook}
              fresh={webhook.id === fresh}
              done={done?.id === webhook.id ? done : null}
              onDone={() => onDone(null)}
              note={notes[webhook.id] ?? null}
              onNote={(note) => onNote(webhook.id, note)}
              onEdit={() => onEdit(webhook.id)}
              onDelete={() => setDeleting(webhook)}
            />
          ))}
        </Stack>
      )}
      <DeleteDialog webhook={deleting} onClose={() => setDeleting(null)} onDeleted={deleted} />
    </Stack>
  );
}
