import { ActionIcon, Card, Group, Switch, Table, Text, Tooltip } from '@mantine/core';
import { useText } from '../text';
import { Head, Icon, tellFailure } from '../ui';
import { useSetPreference, useSetRoutes, type Preference, type Route, type Routes } from './queries';

interface Props {
  preferences: Preference[];
  routes: Routes | undefined; // for system administrators
}

// KindTable is a row a kind of alert, and a column a way. A switch holds at once.
export function KindTable({ preferences, routes }: Props) {
  const t = useText();
  const words = t.alert.page.kinds;
  const columns = [words.kind, words.mine, ...(routes ? [words.slack, words.webhook, words.systemAdmins, words.utilityAdmins] : [])];
  return (
    <Card withBorder component="section" aria-label={words.title}>
      <Head order={2} size="h4" title={words.title} text={routes ? `${words.explain} ${words.defaults}` : words.explain} />
      <Table.ScrollContainer minWidth={routes ? 760 : 320} type="native">
        <Table mt="sm" verticalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Table.Th key={column} scope="col">
                  {column}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {preferences.map((preference) => (
              <Row key={preference.kind} preference={preference} route={routes?.items.find((route) => route.kind === preference.kind)} hasWebhook={Boolean(routes?.webhookUrl)} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {routes && !routes.webhookUrl && (
        <Text size="sm" c="dimmed">
          {words.noWebhook}
        </Text>
      )}
    </Card>
  );
}

function Row({ preference, route, hasWebhook }: { preference: Preference; route: Route | undefined; hasWebhook: boolean }) {
  const t = useText();
  const words = t.alert.page.kinds;
  const name = words.name[preference.kind] ?? preference.kind;
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        {name}
      </Table.Th>
      <Table.Td>
        <Mine preference={preference} name={name} />
      </Table.Td>
      {route && <RouteCells route={route} name={name} hasWebhook={hasWebhook} />}
    </Table.Tr>
  );
}

function Mine({ preference, name }: { preference: Preference; name: string }) {
  const t = useText();
  const words = t.alert.page.kinds;
  const set = useSetPreference();
  const choose = (item: Preference) => set.mutate(item, { onError: (error) => tellFailure(error, t, { title: words.failed, onRetry: () => choose(item) }) });
  return (
    <Group gap={4} wrap="nowrap">
      <Switch
        aria-label={words.on(words.mine, name)}
        checked={preference.email}
        onChange={(event) => choose({ kind: preference.kind, email: event.currentTarget.checked, own: true })}
      />
      {preference.own && (
        <Tooltip label={words.follow}>
          <ActionIcon variant="subtle" size="sm" color="gray" aria-label={words.on(words.follow, name)} onClick={() => choose({ ...preference, own: false })}>
            <Icon name="retry" size={14} />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
}

function RouteCells({ route, name, hasWebhook }: { route: Route; name: string; hasWebhook: boolean }) {
  const t = useText();
  const words = t.alert.page.kinds;
  const set = useSetRoutes();
  const choose = (next: Route) => set.mutate({ items: [next] }, { onError: (error) => tellFailure(error, t, { title: words.failed, onRetry: () => choose(next) }) });
  const cells = [
    ['slack', words.slack],
    ['webhook', words.webhook],
    ['mailSystemAdmins', words.systemAdmins],
    ['mailUtilityAdmins', words.utilityAdmins],
  ] as const;
  return cells.map(([field, column]) => (
    <Table.Td key={field}>
      <Switch
        aria-label={words.on(column, name)}
        checked={route[field]}
        disabled={field === 'webhook' && !hasWebhook && !route.webhook}
        onChange={(event) => choose({ ...route, [field]: event.currentTarget.checked })}
      />
    </Table.Td>
  ));
}
