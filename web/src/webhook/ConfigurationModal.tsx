import { Modal } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useText } from '../text';
import { track } from '../track';
import { AboveContext } from './above';
import { AddForm } from './form/AddForm';
import { EditForm } from './form/EditForm';
import type { Done } from './list/DoneNote';
import { WebhookList, type Notes } from './list/WebhookList';
import { useWebhooks } from './queries';

interface Props {
  opened: boolean;
  adding: boolean;
  onClose: () => void;
  onAdd: () => void;
  onList: () => void;
}

// ConfigurationModal is "Webhook Configuration": the list of webhooks, and in
// its place the form that adds or edits one.
export default function ConfigurationModal({ opened, adding, onClose, onAdd, onList }: Props) {
  const t = useText();
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const [above, setAbove] = useState(0);
  const shown = useRef(adding);
  if (opened) shown.current = adding; // what fades out stays what it was
  const tell = useCallback((change: 1 | -1) => setAbove((n) => n + change), []);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t.webhook.title}
      size="50rem"
      fullScreen={narrow}
      closeOnEscape={above === 0}
      closeOnClickOutside={above === 0}
      styles={{ content: { scrollPaddingBottom: '6rem' } }}
    >
      <AboveContext value={tell}>
        <Body adding={shown.current} onAdd={onAdd} onList={onList} />
      </AboveContext>
    </Modal>
  );
}

function Body({ adding, onAdd, onList }: Pick<Props, 'adding' | 'onAdd' | 'onList'>) {
  const [editing, setEditing] = useState<string | null>(null);
  const [fresh, setFresh] = useState<string | null>(null); // who gets the focus in the list
  const [notes, setNotes] = useState<Notes>({});
  const [done, setDone] = useState<Done | null>(null);
  useOpened();

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
      setFresh(editing);
      setDone(what);
      setEditing(null);
    };
    return <EditForm key={editing} id={editing} onDone={back} />;
  }
  const note = (id: string, kind: 'on' | 'off' | null) => setNotes((old) => ({ ...old, [id]: kind }));
  const add = () => {
    setDone(null);
    onAdd();
  };
  const edit = (id: string) => {
    setDone(null);
    setEditing(id);
  };
  return <WebhookList fresh={fresh} notes={notes} done={done} onDone={setDone} onNote={note} onAdd={add} onEdit={edit} />;
}

// useOpened tracks that the modal was opened, once it is known on what.
function useOpened() {
  const count = useWebhooks().data?.activeWebhooks.length;
  const told = useRef(false);
  useEffect(() => {
    if (count === undefined || told.current) return;
    told.current = true;
    track('webhook_modal_opened', { existing_webhook_count: count });
  }, [count]);
}
