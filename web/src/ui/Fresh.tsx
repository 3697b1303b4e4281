import { Button, Group, Modal, PasswordInput, Stack } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, ApiProblem, data } from '../api';
import { useText } from '../text';
import { Problem } from './Problem';

interface Props {
  opened: boolean;
  title: string;
  purpose: string; // as "api_key.regenerate"
  confirmLabel?: string;
  destructive?: boolean;
  // onToken does the thing with the token; what it throws is shown in the dialog.
  onToken: (token: string) => void | Promise<void>;
  onClose: () => void;
  children?: ReactNode; // more questions, above the password
}

// Fresh proves afresh who is there before something dangerous is done.
export function Fresh({ opened, onClose, title, ...rest }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <Form onClose={onClose} {...rest} />
    </Modal>
  );
}

function Form({ purpose, confirmLabel, destructive = false, onToken, onClose, children }: Omit<Props, 'opened' | 'title'>) {
  const t = useText();
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const wrong = error instanceof ApiProblem && error.is('password-wrong');

  async function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    if (busy || password === '') return;
    setBusy(true);
    setError(null);
    try {
      const { token } = await data(api.POST('/api/v1/session/confirm', { body: { purpose, password } }));
      await onToken(token);
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        {children}
        <PasswordInput
          label={t.shell.yourPassword}
          description={t.shell.whyPassword}
          autoComplete="current-password"
          required
          data-autofocus
          value={password}
          error={wrong ? error.detail : undefined}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {!wrong && <Problem error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t.shell.cancel}
          </Button>
          <Button type="submit" color={destructive ? 'red' : undefined} loading={busy}>
            {confirmLabel ?? t.shell.confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
