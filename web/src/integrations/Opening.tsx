import { Modal } from '@mantine/core';
import { useTimeout } from '@mantine/hooks';
import { useState } from 'react';
import { useText } from '../text';
import { Rows } from '../ui';

const patience = 300; // ms: most often the script is there before

// Opening stands where the webhook dialog will be while its script is on the way.
export function Opening({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText();
  const [late, setLate] = useState(false);
  useTimeout(() => setLate(true), patience, { autoInvoke: true });
  return (
    <Modal opened={opened && late} onClose={onClose} title={t.webhook.title} size="50rem" transitionProps={{ duration: 0 }}>
      <Rows n={4} height={28} />
    </Modal>
  );
}
