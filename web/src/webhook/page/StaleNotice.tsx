import { Alert, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useText } from '../../text';
import { Icon } from '../../ui';
import type { Since } from './stale';

interface Props {
  since: Since;
  concerned: boolean; // it changed what is being edited here
  children?: ReactNode;
}

// StaleNotice says that somebody else was faster, and what they changed. What
// was typed stays.
export function StaleNotice({ since, concerned, children }: Props) {
  const t = useText().webhookPage.stale;
  const what = since.fields.map((field) => t.fields[field] ?? field);
  return (
    <Alert color="orange" role="alert" title={t.title} icon={<Icon name="alert" />}>
      <Stack gap="xs">
        {what.length > 0 && <Text size="sm">{t.line(t.and(since.by), t.and(what))}</Text>}
        {children}
        <Text size="sm" fw={500}>
          {concerned ? t.kept : t.nothing}
        </Text>
      </Stack>
    </Alert>
  );
}
