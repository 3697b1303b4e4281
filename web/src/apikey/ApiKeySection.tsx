import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useSession } from '../session';
import { useText } from '../text';
import { track } from '../track';
import { Head, Problem, Rows, When } from '../ui';
import { MaskedKey } from './MaskedKey';
import { RegenerateButton } from './RegenerateButton';
import { RegenerateDialog } from './RegenerateDialog';
import { useApiKey } from './queries';
import { useSeenOnce } from './seen';

// ApiKeySection shows the key masked, copies it, and replaces it.
export function ApiKeySection() {
  const t = useText().apikey;
  const { can } = useSession();
  const key = useApiKey();
  const [regenerating, setRegenerating] = useState(false);
  const masked = key.data?.maskedDisplay ?? '';
  const seen = useSeenOnce(() => track('api_key_viewed', { key_masked_length: masked.length }));

  return (
    <Stack gap="sm">
      <Head
        order={3}
        size="h4"
        title={t.title}
        text={t.explain}
        actions={<RegenerateButton allowed={can('key.regenerate')} onClick={() => setRegenerating(true)} />}
      />
      {key.isPending && <Rows n={2} />}
      {key.isError && <Problem error={key.error} onRetry={() => void key.refetch()} retrying={key.isFetching} />}
      {key.data && (
        <>
          <div ref={seen}>
            <MaskedKey key={masked} masked={masked} />
          </div>
          <Text size="sm" c="dimmed">
            {t.regenerated} <When at={key.data.lastRegenerated} />
          </Text>
        </>
      )}
      <RegenerateDialog opened={regenerating} onClose={() => setRegenerating(false)} />
    </Stack>
  );
}
