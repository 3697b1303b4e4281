import { Badge, Text, UnstyledButton } from '@mantine/core';
import { useId, useState } from 'react';
import { useText } from '../text';
import { Icon, When, WithAddresses } from '../ui';
import { EntryDetail } from './EntryDetail';
import classes from './EntryList.module.css';
import type { Entry } from './facts';
import type { AuditFilters } from './filter';
import { actorOf, roleOf, sentenceOf } from './sentence';

interface Props {
  entries: Entry[];
  onFilter: (part: Partial<AuditFilters>) => void;
}

// EntryList is the log as people read it: a sentence an entry, all that is known
// of it below when it is opened.
export function EntryList({ entries, onFilter }: Props) {
  const t = useText();
  return (
    <ol className={classes.list} aria-label={t.audit.list.label}>
      {entries.map((entry) => (
        <EntryRow key={entry.seq} entry={entry} onFilter={onFilter} />
      ))}
    </ol>
  );
}

interface RowProps {
  entry: Entry;
  onFilter: (part: Partial<AuditFilters>) => void;
}

function EntryRow({ entry, onFilter }: RowProps) {
  const t = useText();
  const [open, setOpen] = useState(false);
  const detail = useId();
  const role = roleOf(entry.actor, t);
  return (
    <li className={classes.entry} data-seq={entry.seq}>
      <div className={classes.line}>
        <UnstyledButton className={classes.what} aria-expanded={open} aria-controls={open ? detail : undefined} onClick={() => setOpen(!open)}>
          <Icon name="chevronRight" className={classes.chevron} />
          <Text size="sm" span>
            <WithAddresses text={sentenceOf(entry, t)} />
          </Text>
        </UnstyledButton>
        <div className={classes.who}>
          <Text size="sm">{actorOf(entry.actor, t)}</Text>
          {role && (
            <Text size="xs" c="dimmed">
              {role}
            </Text>
          )}
        </div>
        <Text size="sm" component="div" className={classes.when}>
          <When at={entry.at} />
        </Text>
        <div className={classes.result}>
          <ResultBadge result={entry.result} />
          {entry.count > 1 && (
            <Badge variant="default" tt="none" fw={500}>
              {t.audit.list.times(entry.count)}
            </Badge>
          )}
        </div>
      </div>
      {open && (
        <div id={detail} className={classes.detail}>
          <EntryDetail entry={entry} onFilter={onFilter} />
        </div>
      )}
    </li>
  );
}

const colors = { ok: 'green', denied: 'orange', failed: 'red' } as const;

function ResultBadge({ result }: { result: Entry['result'] }) {
  const t = useText();
  return (
    <Badge variant="dot" color={colors[result]} tt="none" fw={500}>
      {t.audit.results[result] ?? result}
    </Badge>
  );
}
