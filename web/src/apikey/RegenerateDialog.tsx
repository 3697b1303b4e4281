import { Modal } from '@mantine/core';
import { useEffect, useReducer, useState } from 'react';
import { useText } from '../text';
import { guard, shown } from './guard';
import { NewKeyScreen } from './NewKeyScreen';
import { RegenerateForm } from './RegenerateForm';
import type { NewKey } from './regeneration';

interface Props {
  opened: boolean;
  onClose: () => void;
}

// RegenerateDialog asks, replaces the key and shows the new one. It may stand
// above another dialog, which must not listen to Esc meanwhile.
export function RegenerateDialog({ opened, onClose }: Props) {
  const t = useText().apikey;
  const [made, setMade] = useState<NewKey | null>(null);
  const [busy, setBusy] = useState(false);
  const [state, dispatch] = useReducer(guard, shown);

  useEffect(() => {
    if (state.closed) onClose();
  }, [state.closed, onClose]);

  function close() {
    if (made !== null) dispatch('close');
    else if (!busy) onClose();
  }

  function forget() {
    setMade(null);
    dispatch('forget');
  }

  return (
    <Modal
      opened={opened}
      title={made === null ? t.dialog.question : t.fresh.title}
      size="lg"
      onClose={close}
      onExitTransitionEnd={forget}
    >
      {made === null ? (
        <RegenerateForm busy={busy} onBusy={setBusy} onClose={close} onDone={setMade} />
      ) : (
        <NewKeyScreen made={made} state={state} dispatch={dispatch} />
      )}
    </Modal>
  );
}
