import { Alert, Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { api, data } from '../api';
import { recordCopy } from '../apikey/queries';
import { useText } from '../text';
import { CopyButton, CopyField, Problem, Rows } from '../ui';
import { sessionKeys } from './keys';
import { Plain } from './Plain';
import { useSetupNeeded, useSignIn } from './queries';

const shortest = 12; // characters of a password

// SetupPage makes the first organization. The token stands behind the # of the
// address, which no server and no log of one ever sees.
export default function SetupPage() {
  const t = useText();
  const needed = useSetupNeeded();
  const { hash } = useLocation();
  const [token] = useState(() => new URLSearchParams(hash.slice(1)).get('token'));
  const [key, setKey] = useState<string | null>(null);

  if (key !== null) return <Done apiKey={key} />;
  if (needed.isPending) {
    return (
      <Plain title={t.session.setup.title}>
        <Rows n={4} />
      </Plain>
    );
  }
  if (needed.data === false) return <Already />;
  return (
    <Plain title={t.session.setup.title} text={t.session.setup.text}>
      {needed.isError && <Problem error={needed.error} onRetry={() => void needed.refetch()} retrying={needed.isFetching} />}
      {token ? (
        <Form token={token} onDone={setKey} />
      ) : (
        <Alert color="yellow" title={t.session.setup.incomplete}>
          {t.session.setup.incompleteText}
        </Alert>
      )}
    </Plain>
  );
}

function Form({ token, onDone }: { token: string; onDone: (key: string) => void }) {
  const t = useText();
  const signIn = useSignIn();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const form = useForm({
    initialValues: { organizationName: '', email: '', password: '' },
    validate: { password: (value) => (value.length < shortest ? t.session.setup.short : null) },
  });

  async function submit(values: typeof form.values) {
    setBusy(true);
    setError(null);
    try {
      const made = await data(api.POST('/api/v1/setup', { body: { ...values, email: values.email.trim(), token } }));
      window.history.replaceState(null, '', '/setup'); // the token is used up
      // Signing in may fail where setting up did not; the console then asks.
      await signIn(values.email.trim(), values.password).catch(() => client.invalidateQueries({ queryKey: sessionKeys.current() }));
      onDone(made.apiKey);
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        <TextInput label={t.session.setup.organization} autoComplete="organization" required maxLength={200} autoFocus {...form.getInputProps('organizationName')} />
        <TextInput label={t.session.setup.email} type="email" autoComplete="username" required maxLength={254} {...form.getInputProps('email')} />
        <PasswordInput
          label={t.session.setup.password}
          description={t.session.setup.rule}
          autoComplete="new-password"
          required
          maxLength={256}
          {...form.getInputProps('password')}
        />
        <Problem error={error} />
        <Button type="submit" loading={busy}>
          {t.session.setup.submit}
        </Button>
      </Stack>
    </form>
  );
}

function Done({ apiKey }: { apiKey: string }) {
  const t = useText();
  const navigate = useNavigate();
  return (
    <Plain title={t.session.setup.done} text={t.session.setup.doneText}>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <CopyField label={t.session.setup.key} value={apiKey} flex={1} onCopied={recordCopy} />
        <CopyButton value={apiKey} label={t.session.setup.copyKey} onCopied={recordCopy} />
      </Group>
      <Button onClick={() => void navigate('/')}>{t.session.setup.open}</Button>
    </Plain>
  );
}

function Already() {
  const t = useText();
  const navigate = useNavigate();
  return (
    <Plain title={t.session.setup.already} text={t.session.setup.alreadyText}>
      <Button onClick={() => void navigate('/sign-in')}>{t.session.submit}</Button>
    </Plain>
  );
}
