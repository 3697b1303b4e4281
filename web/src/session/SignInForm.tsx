import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useText } from '../text';
import { Problem } from '../ui';
import { useSignIn, type SessionView } from './queries';

interface Props {
  email?: string;
  onSignedIn: (session: SessionView) => void;
}

export function SignInForm({ email: known = '', onSignedIn }: Props) {
  const t = useText();
  const signIn = useSignIn();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      onSignedIn(await signIn(email.trim(), password));
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <TextInput
          label={t.session.email}
          type="email"
          name="email"
          autoComplete="username"
          required
          data-autofocus={known === '' || undefined}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={t.session.password}
          name="password"
          autoComplete="current-password"
          required
          data-autofocus={known !== '' || undefined}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Problem error={error} />
        <Button type="submit" loading={busy}>
          {t.session.submit}
        </Button>
      </Stack>
    </form>
  );
}
