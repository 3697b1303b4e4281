import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useParams } from 'react-router';
import { ApiProblem } from '../api';
import { Fact, Facts } from '../delivery/Facts';
import Missing from '../shell/Missing';
import { useText } from '../text';
import { CopyId, Empty, PageHeader, Problem, Rows, When } from '../ui';
import { Section } from '../webhook/page/Section';
import { ContactSources } from './ContactSources';
import { factsOf } from './facts';
import { isKind, pathOf, type AnyRecord, type Kind } from './kind';
import { lineOf } from './line';
import { useRecord } from './queries';
import { useSourceName } from './useSourceName';

// RecordPage is all that is known of one record, and from whom.
export default function RecordPage() {
  const { kind = '', id = '' } = useParams();
  return isKind(kind) ? <Page key={id} kind={kind} id={id} /> : <Missing />;
}

function Page({ kind, id }: { kind: Kind; id: string }) {
  const t = useText();
  const words = t.record;
  const query = useRecord(kind, id);
  const gone = query.error instanceof ApiProblem && query.error.status === 404;
  const record = gone ? undefined : query.data;
  return (
    <>
      <PageHeader title={record ? lineOf(record, t).title : words.one[kind]} back={{ to: pathOf(kind), label: words.back[kind] }} />
      {gone && <Empty title={words.gone} text={words.goneText} />}
      {!gone && <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />}
      {query.isPending && <Rows n={8} />}
      {record && <Shown record={record} />}
    </>
  );
}

function Shown({ record }: { record: AnyRecord }) {
  const t = useText();
  const words = t.record;
  const facts = factsOf(record, t);
  return (
    <Stack gap="lg">
      <Section title={words.one[record.kind]} text={record.kind === 'contacts' && record.sources.length > 1 ? words.merged : undefined}>
        <Facts>
          {facts.map(({ name, value }) => (
            <Fact key={name} name={name}>
              {value}
            </Fact>
          ))}
        </Facts>
      </Section>
      {record.kind === 'emails' && record.text && (
        <Section title={words.fields.text}>
          <Text component="pre" size="sm" m={0} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', fontFamily: 'inherit' }}>
            {record.text}
          </Text>
        </Section>
      )}
      {record.kind === 'contacts' ? <ContactSources contact={record} /> : <Origin record={record} />}
      <Facts>
        <Fact name={words.id}>
          <CopyId value={record.id} label={t.shell.copyId} />
        </Fact>
        <Fact name={words.created}>
          <When at={record.created} />
        </Fact>
        <Fact name={words.updated}>
          <When at={record.updated} />
        </Fact>
      </Facts>
    </Stack>
  );
}

// Origin says which source a record comes from.
function Origin({ record }: { record: AnyRecord }) {
  const t = useText();
  const words = t.record;
  const nameOf = useSourceName();
  const facts: [string, ReactNode][] = [[words.source, nameOf(record.source)]];
  if (record.account) facts.push([words.account, record.account]);
  if (record.externalId) facts.push([words.externalId, <CopyId key="id" value={record.externalId} label={words.copyExternalId} />]);
  return (
    <Section title={words.source} text={record.source === 'api' ? words.writtenByApi : words.readOnly}>
      <Facts>
        {facts.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </Facts>
    </Section>
  );
}
