import { Modal } from '@mantine/core';
import { useEffect, useReducer, useState } from 'react';
import { useText } from '../text';
import { guard, shown } from './guard';
import { NewKeyScreen } from './NewKeyScreen';
import { RegenerateForm } from './RegenerateForm';

interface Props {
  opened: boolean;
  onClose: () => void;
}

// RegenerateDialog asks, replaces the key and shows the new one. It may stand
// above another dialog, which must not listen to Esc meanwhile.
export function RegenerateDialog({ opened, onClose }: Props) {
  const t = useText().apikey;
  const [newKey, setNewKey] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [state, dispatch] = useReducer(guard, shown);

  useEffect(() => {
    if (state.closed) onClose();
  }, [state.closed, onClose]);

  function close() {
    if (newKey !== null) dispatch('close');
    else if (!busy) onClose();
  }

  function forget() {
    setNewKey(null);
    dispatch('forget');
  }

  return (
    <Modal
      opened={opened}
      title={newKey === null ? t.dialog.question : t.fresh.title}
      size="lg"
      onClose={close}
      onExitTransitionEnd={forget}
    >
      {newKey === null ? (
        <RegenerateForm busy={busy} onBusy={setBusy} onClose={close} onDone={setNewKey} />
      ) : (
        <NewKeyScreen apiKey={newKey} state={state} dispatch={dispatch} />
      )}
    </Modal>
  );
}
