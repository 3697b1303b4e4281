import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../text';
import { PageHeader } from '../ui';

// Missing is the page for addresses that lead nowhere.
export default function Missing() {
  const t = useText();
  return (
    <>
      <PageHeader title={t.shell.missing.title} subtitle={t.shell.missing.text} />
      <Button component={Link} to="/settings/integrations" variant="default">
        {t.shell.missing.back}
      </Button>
    </>
  );
}
