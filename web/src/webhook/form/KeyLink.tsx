import { Anchor, Group, Text, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { RegenerateDialog } from '../../apikey/RegenerateDialog';
import { useSession } from '../../session';
import { useText } from '../../text';
import { useAbove } from '../../ui';

// KeyLink opens the dialog that replaces the API key above the form, which
// waits as it is.
export function KeyLink() {
  const t = useText();
  const may = useSession().can('key.regenerate');
  const [opened, setOpened] = useState(false);
  useAbove(opened);
  return (
    <Group gap={6}>
      <Text size="sm">{t.webhook.form.keyQuestion}</Text>
      <Tooltip label={t.apikey.notAllowed} disabled={may} multiline w={260} events={{ hover: true, focus: true, touch: true }}>
        <Anchor
          component="button"
          type="button"
          size="sm"
          c={may ? undefined : 'dimmed'}
          aria-disabled={!may || undefined}
          aria-description={may ? undefined : t.apikey.notAllowed}
          onClick={() => may && setOpened(true)}
        >
          {t.apikey.regenerate}
        </Anchor>
      </Tooltip>
      {may && <RegenerateDialog opened={opened} onClose={() => setOpened(false)} />}
    </Group>
  );
}
