import { Alert, Button, Group, NativeSelect, PasswordInput, Stack, Text } from '@mantine/core';
import { useRef, useState, type FormEvent } from 'react';
import { ApiProblem } from '../api';
import { reasons, useText } from '../text';
import { When } from '../ui';
import { startConfirmation } from './confirmation';
import { FailedRegeneration } from './FailedRegeneration';
import { readMasked, useApiKey, useRegenerate } from './queries';
import { lookAgain, type NewKey, type Outcome } from './regeneration';

interface Props {
  busy: boolean;
  onBusy: (busy: boolean) => void;
  onClose: () => void;
  onDone: (made: NewKey) => void;
}

export function RegenerateForm({ busy, onBusy, onClose, onDone }: Props) {
  const all = useText();
  const t = all.apikey;
  const lastCall = useApiKey().data?.usage.lastCall;
  const regenerate = useRegenerate();
  const [elapsed] = useState(() => startConfirmation());
  const [reason, setReason] = useState('');
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const field = useRef<HTMLInputElement>(null);

  async function run(attempt: () => Promise<Outcome>) {
    onBusy(true);
    const came = await attempt();
    onBusy(false);
    if (came.kind === 'done') return onDone(came.key);
    setOutcome(came);
    field.current?.select();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation(); // the dialog may have been opened from within a form
    if (busy) return;
    setMissing(password === '');
    if (password === '') return field.current?.focus();
    const confirmationTime = elapsed();
    void run(() => regenerate({ password, reason, confirmationTime }));
  }

  if (outcome?.kind === 'replaced' || outcome?.kind === 'unknown') {
    const check = () => outcome.kind === 'unknown' && void run(() => lookAgain(outcome.before, outcome.error, readMasked));
    return <FailedRegeneration outcome={outcome} busy={busy} onCheck={check} onClose={onClose} />;
  }

  const error = outcome?.kind === 'refused' ? outcome.error : null;
  const wrong = error instanceof ApiProblem && error.is('password-wrong');
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Alert role="note" color="red" variant="light">
          <Text size="sm">{t.dialog.consequence}</Text>
          {lastCall && (
            <Text size="sm" mt={4}>
              {t.dialog.lastUsed} <When at={lastCall} />
            </Text>
          )}
        </Alert>
        <NativeSelect
          label={t.dialog.reason}
          description={t.dialog.reasonHint}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          data={[{ value: '', label: t.dialog.noReason }, ...reasons.map((r) => ({ value: r, label: all.reason[r] }))]}
        />
        <PasswordInput
          ref={field}
          label={t.dialog.password}
          description={t.dialog.passwordHint}
          autoComplete="current-password"
          required
          data-autofocus
          value={password}
          error={missing ? t.dialog.passwordMissing : wrong && error.detail}
          onChange={(event) => {
            setPassword(event.currentTarget.value);
            setMissing(false);
          }}
        />
        {outcome?.kind === 'refused' && <FailedRegeneration outcome={outcome} brief={wrong} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} disabled={busy}>
            {t.dialog.cancel}
          </Button>
          <Button type="submit" color="red" loading={busy}>
            {t.dialog.confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
