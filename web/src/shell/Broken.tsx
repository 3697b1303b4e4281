import { Alert, Button, Text } from '@mantine/core';
import { useRouteError } from 'react-router';
import { useText } from '../text';
import { Icon, useTitle } from '../ui';

// isOutdated tells a script that the server no longer has from a fault of ours.
const isOutdated = (error: unknown) => error instanceof Error && /dynamically imported module|module script/i.test(error.message);

// Broken is shown in place of a page that threw. The frame around it stays.
export function Broken() {
  const t = useText();
  const error = useRouteError();
  useTitle(t.shell.broken.title);
  return (
    <Alert color="red" role="alert" title={t.shell.broken.title} icon={<Icon name="alert" />}>
      <Text size="sm">{isOutdated(error) ? t.shell.broken.updated : t.shell.broken.text}</Text>
      <Button mt="sm" size="xs" variant="default" onClick={() => window.location.reload()}>
        {t.shell.broken.reload}
      </Button>
    </Alert>
  );
}
