import { Alert, Stack } from '@mantine/core';
import { useSession } from '../session';
import { useText } from '../text';
import { Icon, PageHeader, Problem, Rows } from '../ui';
import { KindTable } from './KindTable';
import { usePreferences, useRoutes } from './queries';
import { Ways } from './Ways';

// AlertsPage is who is told of what, and where: one's own choices, and for
// system administrators the organization's.
export default function AlertsPage() {
  const t = useText();
  const words = t.alert.page;
  const { can } = useSession();
  const may = can('alert.route');
  const preferences = usePreferences();
  const routes = useRoutes(may);
  const error = preferences.error ?? routes.error;
  const again = () => {
    void preferences.refetch();
    if (may) void routes.refetch();
  };
  const ready = preferences.data && (!may || routes.data);
  return (
    <>
      <PageHeader title={words.title} subtitle={words.subtitle} />
      <Stack gap="lg">
        <Problem error={error} onRetry={again} retrying={preferences.isFetching || routes.isFetching} />
        {!ready && !error && <Rows n={8} height={28} />}
        {preferences.data && !preferences.data.mail && (
          <Alert color="yellow" title={words.kinds.noMail} icon={<Icon name="mail" />}>
            {words.kinds.noMailText}
          </Alert>
        )}
        {preferences.data && ready && <KindTable preferences={preferences.data.items} routes={routes.data} />}
        {routes.data && <Ways routes={routes.data} mail={preferences.data?.mail ?? false} />}
      </Stack>
    </>
  );
}
