import { Box, Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense, useId } from 'react';
import { useText } from '../../text';
import { CopyButton, CopyField, Icon, Problem, Rows } from '../../ui';

const VerifyCard = lazy(() => import('../page/VerifyCard').then((page) => ({ default: page.VerifyCard })));

interface Props {
  secret: string | undefined; // none yet
  anew: boolean; // another one was shown before
  error: unknown;
  onRetry: () => void;
}

// SecretPanel shows the secret that the webhook will have, before it is added:
// a receiver that verifies can be ready for the test request.
export function SecretPanel({ secret, anew, error, onRetry }: Props) {
  const t = useText().webhook.form;
  const [open, { toggle }] = useDisclosure(false);
  const how = useId();
  if (error) return <Problem error={error} onRetry={onRetry} />;
  return (
    <Stack gap={4}>
      <CopyField
        label={t.secret}
        description={t.secretText}
        value={secret ?? ''}
        placeholder="whsec_…"
        rightSection={<CopyButton value={secret ?? ''} label={t.copySecret} disabled={!secret} />}
        aria-busy={!secret}
      />
      {anew && (
        <Text size="sm" fw={500} role="status">
          {t.secretNew}
        </Text>
      )}
      <Group>
        <Button
          size="compact-sm"
          variant="subtle"
          onClick={toggle}
          aria-expanded={open}
          aria-controls={how}
          leftSection={<Icon name={open ? 'chevronDown' : 'chevronRight'} />}
        >
          {t.howToVerify}
        </Button>
      </Group>
      <Box id={how} hidden={!open}>
        {open && (
          <Suspense fallback={<Rows n={6} />}>
            <VerifyCard />
          </Suspense>
        )}
      </Box>
    </Stack>
  );
}
