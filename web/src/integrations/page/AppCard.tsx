import { Button, Group, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useText } from '../../text';
import { Code, Confirm, Icon } from '../../ui';
import { Section } from '../../webhook/page/Section';
import { AppForm, Callback } from '../parts/AppForm';
import { AskForSetup } from '../parts/AskForSetup';
import { useRemoveApp } from '../queries';
import type { Detail } from '../types';

// AppCard is the application at the provider. Only a system administrator changes
// it; one of the organization's own stands in for that of the server's configuration.
export function AppCard({ detail }: { detail: Detail }) {
  const t = useText().integrationPage.app;
  const { app, name } = detail;
  const [own, setOwn] = useState(false); // one of its own instead of the configuration's
  if (detail.token) {
    return (
      <Section title={t.title}>
        <Text size="sm">{t.notNeeded(name)}</Text>
      </Section>
    );
  }
  return (
    <Section title={t.title} text={t.text(name)}>
      <Stack gap="sm">
        {app.source === 'configuration' && <Text size="sm">{t.fromConfiguration}</Text>}
        {!app.mayEdit && app.source !== 'configuration' && <Text size="sm">{app.configured ? t.others : t.missing}</Text>}
        {app.mayEdit && app.source === 'configuration' && !own && (
          <Group>
            <Button size="compact-sm" variant="default" onClick={() => setOwn(true)}>
              {t.own}
            </Button>
          </Group>
        )}
        {app.mayEdit && (app.source !== 'configuration' || own) ? (
          <>
            <AppForm detail={detail} />
            {app.source === 'organization' && <Remove detail={detail} />}
          </>
        ) : (
          <>
            {app.clientId && (
              <div>
                <Text size="sm" fw={500}>
                  {t.clientId}
                </Text>
                <Code text={app.clientId} copy={t.clientId} />
              </div>
            )}
            <Callback detail={detail} />
            {!app.configured && !app.mayEdit && <AskForSetup slug={detail.slug} />}
          </>
        )}
      </Stack>
    </Section>
  );
}

function Remove({ detail }: { detail: Detail }) {
  const t = useText().integrationPage.app;
  const remove = useRemoveApp();
  const [asking, setAsking] = useState(false);
  const run = () =>
    remove.mutate(detail.slug, {
      onSuccess: () => {
        setAsking(false);
        notifications.show({ color: 'green', message: t.removed });
      },
    });
  return (
    <Group justify="flex-end">
      <Button size="compact-sm" variant="subtle" color="red" leftSection={<Icon name="trash" size={14} />} onClick={() => setAsking(true)}>
        {t.remove}
      </Button>
      <Confirm
        opened={asking}
        title={t.removeTitle}
        consequence={t.removeText}
        confirmLabel={t.removeConfirm}
        destructive
        busy={remove.isPending}
        error={remove.error}
        onConfirm={run}
        onClose={() => {
          remove.reset();
          setAsking(false);
        }}
      />
    </Group>
  );
}
