import { Badge, Box, Button, Group, List, Paper, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../text';
import { When } from '../ui';
import type { Alert } from './queries';

const colors = { problem: 'red', warning: 'yellow', notice: 'blue' } as const;

interface Props {
  alert: Alert;
  onRead: () => void;
  onFollow: () => void;
}

// AlertItem is one alert: what, since when, and what to do. One that is over is
// grey, and says how it ended.
export function AlertItem({ alert, onRead, onFollow }: Props) {
  const t = useText();
  const words = t.alert.item;
  const over = alert.closed !== undefined && alert.severity !== 'notice';
  return (
    <Paper component="li" withBorder p="sm" data-over={over} bg={over ? 'var(--mantine-color-default-hover)' : undefined}>
      <Stack gap={6}>
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Text fw={alert.read ? 500 : 700} c={over ? 'dimmed' : undefined} flex={1} style={{ overflowWrap: 'anywhere' }}>
            {alert.title}
          </Text>
          <Badge variant="dot" color={over ? 'gray' : colors[alert.severity]} tt="none" fw={500} style={{ flexShrink: 0 }}>
            {over ? words.closed : words.severity[alert.severity]}
          </Badge>
        </Group>
        <Times alert={alert} over={over} />
        {over && alert.closing && (
          <Text size="sm">
            {alert.closing.title}. {alert.closing.detail}
          </Text>
        )}
        {!over && <WhatToDo alert={alert} />}
        <Unsent alert={alert} />
        <Group gap="xs">
          <Button component={Link} to={alert.link} size="compact-sm" variant="default" onClick={onFollow}>
            {words.open}
          </Button>
          {!alert.read && (
            <Button size="compact-sm" variant="subtle" aria-label={t.alert.panel.read(alert.title)} onClick={onRead}>
              {t.alert.panel.readOne}
            </Button>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}

function Times({ alert, over }: { alert: Alert; over: boolean }) {
  const t = useText();
  const words = t.alert.item;
  const began = over ? words.from : words.since;
  return (
    <Text size="sm" c="dimmed" component="div">
      {alert.severity !== 'notice' && `${began} `}
      <When at={alert.opened} />
      {over && (
        <>
          {' '}
          {words.until} <When at={alert.closed} />
        </>
      )}
      {!alert.read && ` · ${t.alert.panel.unread}`}
    </Text>
  );
}

function WhatToDo({ alert }: { alert: Alert }) {
  const t = useText();
  return (
    <>
      {alert.detail && (
        <Text size="sm" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>
          {alert.detail}
        </Text>
      )}
      {alert.steps.length > 0 && (
        <Box>
          <Text size="sm" fw={500}>
            {t.alert.item.todo}
          </Text>
          <List size="sm">
            {alert.steps.map((step) => (
              <List.Item key={step}>{step}</List.Item>
            ))}
          </List>
        </Box>
      )}
    </>
  );
}

// Unsent says which messages outside the console have not arrived.
function Unsent({ alert }: { alert: Alert }) {
  const t = useText();
  const words = t.alert.item;
  const wrong = alert.told.filter((told) => told.state === 'failed' || (told.state === 'pending' && told.error));
  return wrong.map((told) => (
    <Text key={`${told.phase} ${told.channel} ${told.to ?? ''}`} size="sm" c="red" style={{ overflowWrap: 'anywhere' }}>
      {told.state === 'failed' ? words.failed(words.opened[told.channel], told.to ?? '') : words.again(words.opened[told.channel], told.to ?? '')} {told.error}
    </Text>
  ));
}
