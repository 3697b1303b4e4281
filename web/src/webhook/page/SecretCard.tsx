import { Button, Code as Inline, Group, Stack } from '@mantine/core';
import { useEffect, useId, useState } from 'react';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Code, Icon, parse, Problem } from '../../ui';
import type { Webhook } from '../queries';
import { Countdown } from './Countdown';
import { useSecret } from './queries';
import { Reason, Section } from './Section';
import { RotateDialog } from './RotateDialog';

// SecretCard shows the signing secret on request and rotates it: for system
// administrators. Others see why they cannot.
export function SecretCard({ webhook }: { webhook: Webhook }) {
  const t = useText().webhookPage.secret;
  const may = useSession().can('webhook.secret');
  const why = useId();
  const read = useSecret();
  const [rotating, setRotating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [rotated, setRotated] = useState(false);
  const until = useLatest(parse(webhook.previousSecretUntil));

  const show = () => read.mutate(webhook.id, { onSuccess: (answer) => setSecret(answer.secret) });
  const hide = () => {
    setSecret(null);
    setRotated(false);
  };
  const done = (fresh: string) => {
    setSecret(fresh);
    setRotated(true);
    setRotating(false);
  };

  const actions = (
    <>
      <Button
        variant="default"
        leftSection={<Icon name={secret ? 'lock' : 'eye'} />}
        disabled={!may}
        aria-describedby={may ? undefined : why}
        loading={read.isPending}
        onClick={secret ? hide : show}
      >
        {secret ? t.hide : t.show}
      </Button>
      <Button
        variant="default"
        leftSection={<Icon name="refresh" />}
        disabled={!may}
        aria-describedby={may ? undefined : why}
        onClick={() => setRotating(true)}
      >
        {t.rotate}
      </Button>
    </>
  );
  return (
    <Section title={t.title} text={t.text} actions={actions}>
      <Stack gap="sm">
        {rotated && (
          <Reason>{t.rotatedText}</Reason>
        )}
        {secret ? (
          <div role="status">
            <Code text={secret} copy={t.copy} />
          </div>
        ) : (
          <Group>
            <Inline aria-hidden>{t.masked}</Inline>
          </Group>
        )}
        {until && <Countdown until={until} />}
        <Reason id={why}>{may ? t.audited : t.forbidden}</Reason>
        <Problem error={read.error} onRetry={show} retrying={read.isPending} />
      </Stack>
      {may && <RotateDialog webhook={webhook} opened={rotating} onClose={() => setRotating(false)} onRotated={done} />}
    </Section>
  );
}

// useLatest keeps the end of an overlap that this page has seen running, so that
// it can say that it has come; one that was over before is of no interest, and a
// rotation without overlap ends the one before it.
function useLatest(until: Date | null): Date | null {
  const at = until?.getTime() ?? null;
  const [seen, setSeen] = useState<number | null>(null);
  useEffect(() => {
    if (at === null || at > Date.now()) setSeen(at);
  }, [at]);
  return seen === null ? null : new Date(seen);
}
