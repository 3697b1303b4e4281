import { Alert, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { dropDraft, loadDraft } from '../../draft';
import { useSession } from '../../session';
import { useText } from '../../text';
import { WithAddresses } from '../../ui';
import { ofEdit, ofNew, readDraft, readEdit } from '../form/draft';
import type { Webhook } from '../queries';

interface Props {
  webhooks: readonly Webhook[];
  onAdd: () => void;
  onEdit: (id: string) => void;
}

// Unfinished offers again what was typed before a form was left: a new webhook,
// and changes of those that are there.
export function Unfinished({ webhooks, onAdd, onEdit }: Props) {
  const t = useText().webhook;
  const { user } = useSession();
  const [, setDiscarded] = useState(0);
  const discard = (form: string) => {
    dropDraft(user.id, form);
    setDiscarded((n) => n + 1);
  };
  const draft = loadDraft(user.id, ofNew, readDraft);
  const edited = webhooks.filter((webhook) => loadDraft(user.id, ofEdit(webhook.id), readEdit));
  return (
    <>
      {draft && <Offer text={t.unfinished(draft.url)} onGoOn={onAdd} onDiscard={() => discard(ofNew)} />}
      {edited.map(({ id, url }) => (
        <Offer key={id} text={t.unsaved(url)} onGoOn={() => onEdit(id)} onDiscard={() => discard(ofEdit(id))} />
      ))}
    </>
  );
}

interface OfferProps {
  text: string;
  onGoOn: () => void;
  onDiscard: () => void;
}

function Offer({ text, onGoOn, onDiscard }: OfferProps) {
  const t = useText().webhook;
  return (
    <Alert color="blue" p="xs" role="status">
      <Group justify="space-between" gap="xs">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          <WithAddresses text={text} />
        </Text>
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={onGoOn}>
            {t.goOn}
          </Button>
          <Button size="compact-sm" variant="subtle" color="gray" onClick={onDiscard}>
            {t.discardDraft}
          </Button>
        </Group>
      </Group>
    </Alert>
  );
}
