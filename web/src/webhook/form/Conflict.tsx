import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { ApiProblem } from '../../api';
import { useText } from '../../text';
import { Diff, Icon, When } from '../../ui';
import type { ChangeWebhook, Webhook } from '../queries';
import type { Flow, Saving } from './flow';

const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((event) => b.includes(event));

// conflicts reports whether somebody else changed what this form changes.
export function conflicts(seen: Webhook, current: Webhook): boolean {
  return seen.url !== current.url || !same(seen.events, current.events);
}

// changeOf is what the form changes of what was seen; null for nothing.
export function changeOf(seen: Webhook, flow: Flow): ChangeWebhook | null {
  const change: ChangeWebhook = {};
  const url = flow.url.trim();
  if (url !== seen.url) change.url = url;
  if (!same(seen.events, flow.events)) change.events = flow.events;
  if (flow.off && seen.enabled) change.enabled = false;
  return Object.keys(change).length > 0 ? change : null;
}

interface Change {
  version: number;
  at: string;
  by: string;
  fields: string[];
}

// changesIn reads what a 412 says about who changed what.
function changesIn(saving: Saving): Change[] {
  if (saving.phase !== 'failed' || !(saving.error instanceof ApiProblem)) return [];
  const { changed } = saving.error.body;
  return Array.isArray(changed) ? (changed as Change[]) : [];
}

interface Props {
  seen: Webhook;
  current: Webhook;
  error: Saving;
  onTake: () => void;
  onKeep: () => void;
}

// Conflict shows what somebody else changed meanwhile, and lets one choose.
export function Conflict({ seen, current, error, onTake, onKeep }: Props) {
  const t = useText().webhook;
  const words = t.form;
  return (
    <Alert color="yellow" role="alert" title={words.changedTitle} icon={<Icon name="alert" />}>
      <Stack gap="xs">
        <Text size="sm">{words.changedText}</Text>
        <Diff
          before={{ [words.urlField]: seen.url, [t.events]: seen.events.join(', ') }}
          after={{ [words.urlField]: current.url, [t.events]: current.events.join(', ') }}
        />
        {changesIn(error).map((change) => (
          <Text key={change.version} size="sm">
            {change.by}: {change.fields.join(', ')}, <When at={change.at} />
          </Text>
        ))}
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={onTake}>
            {words.takeTheirs}
          </Button>
          <Button size="compact-sm" variant="default" onClick={onKeep}>
            {words.keepMine}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
