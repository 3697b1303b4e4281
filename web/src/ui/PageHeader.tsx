import { Anchor, Box } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Address } from './Address';
import { Head } from './Head';
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
      <Head order={1} size="h2" title={/^https?:/.test(title) ? <Address url={title} /> : title} text={subtitle} actions={actions} />
    </Box>
  );
}
