import { Alert, Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useText } from '../text';
import { CopyButton, CopyField, Icon, type CopyMethod } from '../ui';
import type { Guard, GuardEvent } from './guard';
import { HeaderReplacement } from './HeaderReplacement';
import { useLeaving } from './leaving';
import { recordCopy } from './queries';
import type { NewKey } from './regeneration';

interface Props {
  made: NewKey;
  state: Guard;
  dispatch: (event: GuardEvent) => void;
}

// NewKeyScreen shows the new key in full, until it was copied or stored, or the
// person insists on closing.
export function NewKeyScreen({ made, state, dispatch }: Props) {
  const t = useText().apikey;
  const stay = useLeaving(state, dispatch);
  const keep = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (state.asking) keep.current?.focus();
  }, [state.asking]);

  function copied(method: CopyMethod) {
    dispatch('copied');
    recordCopy(method);
  }

  return (
    <Stack>
      <Text size="sm" role="status">
        {t.fresh.done}
      </Text>
      <Group gap="xs" align="flex-end">
        <CopyField flex="1 1 18rem" label={t.fresh.label} value={made.apiKey} onCopied={copied} />
        <CopyButton withText value={made.apiKey} label={t.fresh.copy} onCopied={copied} />
      </Group>
      <HeaderReplacement made={made} />
      <Checkbox
        label={t.fresh.stored}
        checked={state.stored}
        onChange={(event) => dispatch(event.currentTarget.checked ? 'stored' : 'not stored')}
      />
      {state.asking ? (
        <Alert
          role="alertdialog"
          aria-label={t.fresh.askTitle}
          color="yellow"
          icon={<Icon name="alert" />}
          title={t.fresh.askTitle}
        >
          <Text size="sm" mb="sm">
            {t.fresh.ask}
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button ref={keep} variant="default" onClick={stay}>
              {t.fresh.stay}
            </Button>
            <Button color="red" onClick={() => dispatch('leave')}>
              {t.fresh.leave}
            </Button>
          </Group>
        </Alert>
      ) : (
        <Group justify="flex-end">
          <Button variant="default" onClick={() => dispatch('close')}>
            {t.fresh.close}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
