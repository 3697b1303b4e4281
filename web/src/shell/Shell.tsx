import { ActionIcon, AppShell, Box, Burger, Group, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Suspense } from 'react';
import { Link, Outlet } from 'react-router';
import { Bell } from '../alert/Bell';
import { useSession } from '../session';
import { useText } from '../text';
import { Icon, Rows } from '../ui';
import { Announcer } from './Announcer';
import { LiveMark } from './LiveMark';
import { Logo } from './Logo';
import { Navigation } from './Navigation';
import { Palette, palette } from './Palette';
import classes from './Shell.module.css';
import { UserMenu } from './UserMenu';

// Shell is the frame around every page of a signed-in person.
export function Shell() {
  const t = useText();
  const { organization } = useSession();
  const [opened, { toggle, close }] = useDisclosure(false);
  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !opened } }} padding={{ base: 'sm', sm: 'lg' }}>
      <a href="#content" className={classes.skip}>
        {t.shell.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="sm" gap="sm" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap" miw={0}>
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-expanded={opened}
              aria-label={opened ? t.shell.closeNavigation : t.shell.openNavigation}
            />
            <Link to="/settings/integrations" className={classes.brand} aria-label={t.shell.product}>
              <Logo />
              <Text component="span" fw={700} visibleFrom="xs">
                {t.shell.product}
              </Text>
            </Link>
            <Text size="sm" c="dimmed" truncate title={organization.name}>
              {organization.name}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap" style={{ flexShrink: 0 }}>
            <LiveMark />
            <Tooltip label={t.shell.palette.open}>
              <ActionIcon variant="default" size="lg" radius="xl" aria-label={t.shell.palette.open} aria-keyshortcuts="Control+K Meta+K" onClick={palette.open}>
                <Icon name="search" />
              </ActionIcon>
            </Tooltip>
            <Bell />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={t.shell.navigation}>
        <Navigation onNavigate={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <Box maw={1200} mx="auto">
          <Suspense fallback={<Rows n={6} />}>
            <Outlet />
          </Suspense>
        </Box>
      </AppShell.Main>
      <Announcer />
      <Palette />
    </AppShell>
  );
}
