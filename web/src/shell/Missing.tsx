import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../text';
import { Empty, PageHeader } from '../ui';

// Missing is the page for addresses that lead nowhere.
export default function Missing() {
  const t = useText();
  return (
    <>
      <PageHeader title={t.shell.missing.title} />
      <Empty
        title={t.shell.missing.title}
        text={t.shell.missing.text}
        action={
          <Button component={Link} to="/settings/integrations" variant="default">
            {t.shell.missing.back}
          </Button>
        }
      />
    </>
  );
}
