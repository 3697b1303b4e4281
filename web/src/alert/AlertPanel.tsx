import { Anchor, Button, Drawer, Group, Stack } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../text';
import { Empty, Older, Problem, Rows } from '../ui';
import { AlertItem } from './AlertItem';
import { useAlerts, useRead } from './queries';

interface Props {
  opened: boolean;
  onClose: () => void;
  onGone: () => void; // once it has slid away: it is there before it knows where the focus was
}

// AlertPanel shows the alerts, what lasts first.
export default function AlertPanel({ opened, onClose, onGone }: Props) {
  const t = useText();
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={onGone}
      returnFocus={false}
      position="right"
      size="min(30rem, 100%)"
      title={t.alert.panel.title}
      attributes={{ header: { role: 'none' } }}
      closeButtonProps={{ 'aria-label': t.alert.panel.close }}
    >
      <Content onClose={onClose} />
    </Drawer>
  );
}

function Content({ onClose }: { onClose: () => void }) {
  const t = useText();
  const words = t.alert.panel;
  const query = useAlerts();
  const read = useRead();
  const alerts = query.data?.pages.flatMap((page) => page.items) ?? [];
  // Everything that was shown when the button was pressed; the newest need not be the first.
  const newest = alerts.map((alert) => alert.opened).reduce((a, b) => (a > b ? a : b), '');
  const unread = query.data?.pages[0]?.unread ?? 0;
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Anchor component={Link} to="/settings/alerts" size="sm" underline="always" onClick={onClose}>
          {words.settings}
        </Anchor>
        <Button size="xs" variant="default" disabled={unread === 0 || newest === ''} loading={read.isPending} onClick={() => read.mutate({ until: newest })}>
          {words.readAll}
        </Button>
      </Group>
      <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />
      {query.isPending && <Rows n={4} />}
      {query.data && alerts.length === 0 && <Empty title={words.none} text={words.noneText} />}
      <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }} aria-label={words.list}>
        {alerts.map((alert) => (
          <AlertItem key={alert.id} alert={alert} onRead={() => read.mutate({ ids: [alert.id] })} onFollow={onClose} />
        ))}
      </Stack>
      <Older query={query} label={words.older} />
    </Stack>
  );
}
