import { Modal } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { useText } from '../text';
import { useTracked } from '../track';
import { AboveContext, useBelow } from '../ui';
import { AddForm } from './form/AddForm';
import { EditForm } from './form/EditForm';
import type { Done } from './list/DoneNote';
import { WebhookList, type Notes } from './list/WebhookList';
import type { Note } from './list/WebhookRow';
import { useWebhooks } from './queries';

interface Props {
  opened: boolean;
  adding: boolean;
  editing: string | null; // the id of a webhook
  onClose: () => void;
  onAdd: () => void;
  onEdit: (id: string) => void;
  onList: () => void;
}

// ConfigurationModal is "Webhook Configuration": the list of webhooks, and in
// its place the form that adds or edits one.
export default function ConfigurationModal({ opened, adding, editing, onClose, ...on }: Props) {
  const t = useText();
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const { tell, uppermost } = useBelow();
  const shown = useRef({ adding, editing });
  if (opened) shown.current = { adding, editing }; // what fades out stays what it was
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t.webhook.title}
      size="50rem"
      fullScreen={narrow}
      closeOnEscape={uppermost}
      closeOnClickOutside={uppermost}
      styles={{ content: { scrollPaddingBottom: '6rem' } }}
    >
      <AboveContext value={tell}>
        <Body {...shown.current} {...on} />
      </AboveContext>
    </Modal>
  );
}

function Body({ adding, editing, onAdd, onEdit, onList }: Omit<Props, 'opened' | 'onClose'>) {
  const [fresh, setFresh] = useState(editing); // who gets the focus in the list
  const [notes, setNotes] = useState<Notes>({});
  const [done, setDone] = useState<Done | null>(null);
  const count = useWebhooks().data?.activeWebhooks.length;
  useTracked('webhook_modal_opened', count === undefined ? null : { existing_webhook_count: count });
  if (editing !== null && fresh !== editing) setFresh(editing); // for when it is left, by Back too

  if (adding) {
    const added = (id: string, what: Done) => {
      setFresh(id);
      setDone(what);
      onList();
    };
    return <AddForm onAdded={added} onList={onList} />;
  }
  if (editing !== null) {
    const back = (what: Done | null) => {
      setDone(what);
      onList();
    };
    return <EditForm key={editing} id={editing} onDone={back} />;
  }
  const note = (id: string, what: Note) => setNotes((old) => ({ ...old, [id]: what }));
  const add = () => {
    setDone(null);
    onAdd();
  };
  const edit = (id: string) => {
    setDone(null);
    onEdit(id);
  };
  return <WebhookList fresh={fresh} notes={notes} done={done} onDone={setDone} onNote={note} onAdd={add} onEdit={edit} />;
}
