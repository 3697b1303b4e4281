import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useSession } from '../session';
import { reasonOf, useText } from '../text';
import { Code, CopyId, Dash, Diff, When, WithAddresses } from '../ui';
import classes from './EntryList.module.css';
import { members, type Entry } from './facts';
import { noFilters, type AuditFilters } from './filter';
import { actorOf, labelOf, roleOf } from './sentence';

interface Props {
  entry: Entry;
  onFilter: (part: Partial<AuditFilters>) => void;
}

export function EntryDetail({ entry, onFilter }: Props) {
  const t = useText();
  const session = useSession();
  const words = t.audit.entry;
  const { actor, target } = entry;
  const changed = entry.before !== undefined || entry.after !== undefined;
  const detail = members(entry.detail);
  return (
    <Stack gap="sm">
      <dl className={classes.facts}>
        <Fact name={words.number}>{entry.seq}</Fact>
        <Fact name={words.action}>
          {labelOf(entry.action, t)} <Text span size="xs" c="dimmed" ff="monospace">{`(${entry.action})`}</Text>
        </Fact>
        <Fact name={words.who}>
          {[actorOf(actor, t), roleOf(actor, t)].filter(Boolean).join(', ')}
          {actor.id && actor.id !== actor.role && (
            <div>
              <CopyId value={actor.id} />
            </div>
          )}
        </Fact>
        {(target.type || target.id) && (
          <Fact name={words.target}>
            <Target target={target} />
          </Fact>
        )}
        {entry.reason && <Fact name={words.reason}>{reasonOf(entry.reason, t)}</Fact>}
        <Fact name={words.result}>{t.audit.results[entry.result] ?? entry.result}</Fact>
        <Fact name={words.when}>
          <When at={entry.at} />
        </Fact>
        {entry.count > 1 && (
          <Fact name={words.happened}>
            {words.happenedText(entry.count)}
            <Group gap="md">
              <span>
                {words.first} <When at={entry.first} />
              </span>
              <span>
                {words.last} <When at={entry.last} />
              </span>
            </Group>
          </Fact>
        )}
        <Fact name={words.from}>{entry.address || (actor.role === 'system' ? words.noAddress : <Dash />)}</Fact>
        {entry.userAgent && <Fact name={words.browser}>{entry.userAgent}</Fact>}
        {entry.requestId && (
          <Fact name={words.request}>
            <CopyId value={entry.requestId} />
          </Fact>
        )}
      </dl>
      {changed && (
        <Part title={words.changed}>
          <Diff before={entry.before} after={entry.after} />
        </Part>
      )}
      {Object.keys(detail).length > 0 && (
        <Part title={words.detail}>
          <Code text={JSON.stringify(detail, null, 2)} copy />
        </Part>
      )}
      <Group gap="xs">
        {actor.id && session.can('audit.read') && (
          <Button size="xs" variant="default" onClick={() => onFilter({ ...noFilters, actor: actor.email || actor.id })}>
            {words.onlyActor}
          </Button>
        )}
        {target.id && (
          <Button size="xs" variant="default" onClick={() => onFilter({ ...noFilters, target: target.id })}>
            {words.onlyTarget}
          </Button>
        )}
        <Button size="xs" variant="default" onClick={() => onFilter({ ...noFilters, action: entry.action })}>
          {words.onlyAction}
        </Button>
      </Group>
    </Stack>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={2} size="sm" mb={4}>
        {title}
      </Title>
      {children}
    </section>
  );
}

// pageOf is where a target is shown; '' for what has no page.
function pageOf({ type, id = '' }: Entry['target']): string {
  if (id === '') return '';
  if (type === 'webhook') return `/settings/webhooks/${id}`;
  if (type === 'delivery') return `/settings/deliveries?delivery=${id}`;
  return type === 'event_type' ? `/settings/event-types?type=${id}` : '';
}

function Target({ target }: { target: Entry['target'] }) {
  const t = useText();
  const kind = t.audit.targets[target.type ?? ''] ?? target.type ?? '';
  const open = pageOf(target);
  return (
    <>
      <WithAddresses text={[kind, target.name && target.name !== target.id ? target.name : ''].filter(Boolean).join(' ')} />
      {open && (
        <>
          {' '}
          <Anchor component={Link} to={open} size="sm" underline="always">
            {t.audit.entry.open}
          </Anchor>
        </>
      )}
      {target.id && (
        <div>
          <CopyId value={target.id} />
        </div>
      )}
    </>
  );
}
