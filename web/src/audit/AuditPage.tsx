import { Alert, Button, Card, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { ListFrame } from '../delivery/ListFrame';
import { endsTooEarly } from '../delivery/range';
import { useSession } from '../session';
import { useText } from '../text';
import { Empty, Icon, PageHeader, Problem } from '../ui';
import { AuditFilterBar } from './AuditFilterBar';
import { EntryList } from './EntryList';
import { ExportButtons } from './ExportButtons';
import { isFiltered, noFilters, readFilters, writeFilters, type AuditFilters } from './filter';
import { useAuditLog, useVerification } from './queries';
import { VerificationState } from './VerificationState';

export default function AuditPage() {
  const t = useText();
  const session = useSession();
  const all = session.can('audit.read');
  const [params, setParams] = useSearchParams();
  const own = all ? {} : { actor: '' }; // whatever an address of somebody else says
  const address = writeFilters(new URLSearchParams(), { ...readFilters(params), ...own }).toString();
  const filters = useMemo(() => readFilters(new URLSearchParams(address)), [address]);
  const change = (part: Partial<AuditFilters>) => {
    const typing = part.text !== undefined && part.text !== filters.text;
    setParams((now) => writeFilters(now, { ...readFilters(now), ...part }), { replace: typing, preventScrollReset: true });
  };
  return (
    <>
      <PageHeader
        title={t.audit.title}
        subtitle={t.audit.subtitle}
        actions={session.can('audit.export') && <ExportButtons filters={filters} />}
      />
      <Stack gap="md">
        {all ? (
          <Verified />
        ) : (
          <Alert color="blue" title={t.audit.ownOnly} icon={<Icon name="user" />}>
            {t.audit.ownOnlyText}
          </Alert>
        )}
        <AuditFilterBar filters={filters} everybody={all} onChange={change} />
        {!endsTooEarly(filters.range) && <Log filters={filters} onChange={change} />}
      </Stack>
    </>
  );
}

function Verified() {
  const t = useText();
  const state = useVerification();
  return (
    <section aria-label={t.audit.verification.title}>
      {state.error && <Problem error={state.error} onRetry={() => void state.refetch()} retrying={state.isFetching} />}
      {(state.data || !state.error) && <VerificationState state={state.data} />}
    </section>
  );
}

interface LogProps {
  filters: AuditFilters;
  onChange: (part: Partial<AuditFilters>) => void;
}

function Log({ filters, onChange }: LogProps) {
  const t = useText();
  const words = t.audit.list;
  const list = useAuditLog(filters);
  const empty = isFiltered(filters) ? (
    <Empty
      title={words.noMatch}
      text={words.noMatchText}
      action={
        <Button variant="default" onClick={() => onChange(noFilters)}>
          {t.audit.filters.clear}
        </Button>
      }
    />
  ) : (
    <Empty title={words.empty} text={words.emptyText} />
  );
  return (
    <>
      {filters.text && list.last?.since && list.last.until && <Searched since={list.last.since} until={list.last.until} />}
      <ListFrame list={list} empty={empty}>
        {(entries) => (
          <Card withBorder padding={0}>
            <EntryList entries={entries} onFilter={onChange} />
          </Card>
        )}
      </ListFrame>
    </>
  );
}

function Searched({ since, until }: { since: string; until: string }) {
  const t = useText();
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Text size="sm" c="dimmed" role="status">
      {t.audit.searched(day.format(new Date(since)), day.format(new Date(until)))}
    </Text>
  );
}
