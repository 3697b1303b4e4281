import { Anchor, Box, Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Address } from './Address';
import { Icon } from './icons';
import { useTitle } from './title';

interface Props {
  title: string;
  subtitle?: ReactNode;
  actions?: ReactNode;
  back?: { to: string; label: string };
}

// PageHeader is the top of a page, and names the document.
export function PageHeader({ title, subtitle, actions, back }: Props) {
  useTitle(title);
  return (
    <Box component="header" role="none" mb="lg">
      {back && (
        <Anchor component={Link} to={back.to} size="sm" display="inline-flex" style={{ alignItems: 'center', gap: 4 }} mb={6}>
          <Icon name="arrowLeft" size={14} />
          {back.label}
        </Anchor>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Box miw={0} flex="1 1 14rem">
          <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
            {/^https?:/.test(title) ? <Address url={title} /> : title}
          </Title>
          {subtitle && (
            <Text component="div" c="dimmed" size="sm" mt={2}>
              {subtitle}
            </Text>
          )}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
    </Box>
  );
}
