import { Anchor, Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useState, type FormEvent } from 'react';
import { useDraft } from '../../draft';
import { useText } from '../../text';
import { CopyButton, CopyField, Icon, Problem } from '../../ui';
import { useSaveApp } from '../queries';
import type { Detail } from '../types';

interface Typed {
  clientId: string;
  clientSecret: string;
}

function read(value: unknown): Typed | null {
  const { clientId, clientSecret } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Record<keyof Typed, unknown>>;
  return typeof clientId === 'string' && typeof clientSecret === 'string' ? { clientId, clientSecret } : null;
}

// AppForm is the client id and secret of the application at the provider, and the
// address that has to be registered there.
export function AppForm({ detail, onSaved }: { detail: Detail; onSaved?: () => void }) {
  const t = useText().integrationPage.app;
  const { slug, name, app } = detail;
  const save = useSaveApp();
  const { found, keep, drop } = useDraft(`integration.${slug}.app`, read);
  const stored = app.source === 'organization' ? (app.clientId ?? '') : '';
  const [typed, setTyped] = useState<Typed>(found ?? { clientId: stored, clientSecret: '' });
  const [tried, setTried] = useState(false);
  const [seen, setSeen] = useState(stored);
  if (stored !== seen) {
    // Somebody else has entered another one; what is typed here stays.
    setSeen(stored);
    if (typed.clientId === seen) setTyped({ ...typed, clientId: stored });
  }
  const dirty = typed.clientId !== stored || typed.clientSecret !== '';
  useEffect(() => {
    if (dirty) keep(typed, typed.clientSecret !== '');
    else drop();
  }, [dirty, typed, keep, drop]);

  const [clientId, clientSecret] = [typed.clientId.trim(), typed.clientSecret.trim()];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setTried(true);
    if (clientId === '' || clientSecret === '' || save.isPending) return;
    save.mutate(
      { slug, clientId, clientSecret },
      {
        onSuccess: () => {
          setTyped({ clientId, clientSecret: '' });
          setTried(false);
          notifications.show({ color: 'green', message: t.saved });
          onSaved?.();
        },
      },
    );
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Callback detail={detail} />
        {app.console && (
          <Anchor href={app.console} target="_blank" rel="noreferrer" size="sm">
            {t.console(name)} <Icon name="external" size={12} />
          </Anchor>
        )}
        <TextInput
          label={t.clientId}
          value={typed.clientId}
          autoComplete="off"
          spellCheck={false}
          error={tried && clientId === '' && t.clientIdMissing}
          onChange={(event) => setTyped({ ...typed, clientId: event.currentTarget.value })}
        />
        <PasswordInput
          label={t.clientSecret}
          description={t.secretHelp}
          placeholder={app.configured && app.source === 'organization' ? t.secretStored : undefined}
          value={typed.clientSecret}
          autoComplete="new-password"
          error={tried && clientSecret === '' && t.secretMissing}
          onChange={(event) => setTyped({ ...typed, clientSecret: event.currentTarget.value })}
        />
        <Problem error={save.error} />
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!dirty && !save.isPending}>
            {t.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

// Callback is the address to which the provider leads back.
export function Callback({ detail }: { detail: Pick<Detail, 'name' | 'app'> }) {
  const t = useText().integrationPage.app;
  const url = detail.app.callbackUrl;
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <CopyField label={t.callback} description={t.callbackHelp(detail.name)} value={url} flex={1} miw={0} />
      <CopyButton value={url} label={t.copyCallback} />
    </Group>
  );
}
