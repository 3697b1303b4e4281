import { ActionIcon, Menu, Text, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { useState } from 'react';
import { useSession } from '../session';
import { useText } from '../text';
import { Confirm, Icon, tellFailure } from '../ui';

const schemes: MantineColorScheme[] = ['light', 'dark', 'auto'];

// UserMenu is who is signed in, where, and the ways out.
export function UserMenu() {
  const t = useText();
  const { user, organization, signOut, signOutEverywhere } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const out = () => {
    signOut().catch((caught: unknown) => tellFailure(caught, t, { onRetry: out }));
  };
  const outEverywhere = () => {
    setBusy(true);
    signOutEverywhere()
      .catch(setError)
      .finally(() => setBusy(false));
  };

  return (
    <>
      <Menu width={260} position="bottom-end" withArrow withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon variant="default" size="lg" radius="xl" aria-label={t.shell.accountOf(user.email)}>
            <Icon name="user" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown aria-label={t.shell.account}>
          <Menu.Label>
            <Text component="span" display="block" size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
              {user.email}
            </Text>
            <Text component="span" display="block" size="xs">
              {t.shell.role[user.role]}
            </Text>
            <Text component="span" display="block" size="xs">
              {organization.name}
            </Text>
          </Menu.Label>
          <Menu.Divider />
          <Menu.Label>{t.shell.scheme}</Menu.Label>
          <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as MantineColorScheme)}>
            {schemes.map((value) => (
              <Menu.RadioItem key={value} value={value}>
                {t.shell.schemes[value]}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Item onClick={out}>{t.shell.signOut}</Menu.Item>
          <Menu.Item onClick={() => setAsking(true)}>{t.shell.signOutEverywhere}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={asking}
        title={t.shell.signOutEverywhere}
        consequence={t.shell.signOutEverywhereText}
        confirmLabel={t.shell.signOutEverywhere}
        busy={busy}
        error={error}
        onConfirm={outEverywhere}
        onClose={() => setAsking(false)}
      />
    </>
  );
}
