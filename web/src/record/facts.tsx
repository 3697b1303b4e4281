import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Text } from '../text';
import { absolute, Num, parse, When } from '../ui';
import { pathOf, type AnyRecord, type Contact, type Meeting, type Stats } from './kind';
import { moneyOf } from './line';

export interface FactOf {
  name: string;
  value: ReactNode;
}

type Values = Omit<Contact, 'id' | 'source' | 'sources' | 'version' | 'created' | 'updated' | 'account' | 'externalId'>;
export type Field = keyof Values;

// contactFields are the fields of a contact, in the order in which they are shown.
export const contactFields: Field[] = ['email', 'firstName', 'lastName', 'company', 'title', 'phone', 'profileUrl', 'tags'];

// valueOf shows a field of a contact; undefined if it says nothing.
export function valueOf(values: Values, field: Field): ReactNode | undefined {
  if (field === 'tags') return values.tags?.length ? values.tags.join(', ') : undefined;
  const value = values[field];
  if (field === 'profileUrl' && value && /^https?:\/\//i.test(value)) {
    return (
      <Anchor href={value} target="_blank" rel="noreferrer noopener" size="sm">
        {value}
      </Anchor>
    );
  }
  return value || undefined;
}

// factsOf is all that a record says, without what it does not say.
export function factsOf(record: AnyRecord, t: Text): FactOf[] {
  const words = t.record;
  const facts: FactOf[] = [];
  const add = (name: string, value: ReactNode) => {
    if (value !== undefined && value !== null && value !== '' && value !== false) facts.push({ name, value });
  };
  switch (record.kind) {
    case 'contacts':
      for (const field of contactFields) add(words.fields[field], valueOf(record, field));
      break;
    case 'campaigns':
      add(words.fields.state, record.state && words.states[record.state]);
      add(words.fields.channel, record.channel && words.channels[record.channel]);
      add(words.fields.audience, record.audience ? <Num value={record.audience} /> : undefined);
      add(words.fields.begin, record.begin && <When at={record.begin} />);
      add(words.fields.end, record.end && <When at={record.end} />);
      addStats(record.stats, add, t);
      break;
    case 'emails':
      add(words.fields.from, record.from);
      add(words.fields.to, record.bulk ? words.bulk : record.to?.join(', '));
      add(words.fields.cc, record.cc?.join(', '));
      add(words.fields.at, record.at && <When at={record.at} />);
      add(words.fields.direction, record.sent ? words.sent : words.received);
      add(words.fields.snippet, record.text ? undefined : record.snippet);
      add(words.fields.campaign, record.campaignId ? <Link to={pathOf('campaigns', record.campaignId)}>{words.showCampaign}</Link> : record.campaign);
      addStats(record.stats, add, t);
      break;
    case 'meetings':
      add(words.fields.status, record.status && words.statuses[record.status]);
      add(words.fields.when, timesOf(record));
      add(words.fields.zone, record.zone);
      add(words.fields.place, record.place);
      add(words.fields.organizer, record.organizer);
      add(words.fields.attendees, record.attendees?.length ? <Attendees meeting={record} t={t} /> : undefined);
      break;
    case 'opportunities':
      add(words.fields.stage, record.stage);
      add(words.fields.outcome, record.closed ? (record.won ? words.won : words.lost) : words.stillOpen);
      add(words.fields.amount, moneyOf(record.amount, record.currency));
      add(words.fields.closeDate, record.closeDate);
      add(words.fields.probability, record.probability !== undefined && record.probability !== null ? words.percent(record.probability) : undefined);
      add(words.fields.company, record.company);
      add(words.fields.contact, record.contactId ? <Link to={pathOf('contacts', record.contactId)}>{words.showContact}</Link> : record.contact);
      break;
  }
  return facts;
}

function addStats(stats: Stats | undefined, add: (name: string, value: ReactNode) => void, t: Text) {
  for (const name of ['sent', 'delivered', 'opened', 'clicked', 'unsubscribed'] as const) {
    const n = stats?.[name];
    if (n !== undefined && n !== null) add(t.record.stats[name], <Num value={n} />);
  }
}

// timesOf is when a meeting is. A day of it is the same day everywhere.
function timesOf({ begin, end, allDay }: Meeting): string {
  const from = parse(begin);
  const to = parse(end);
  if (!from || !to) return '';
  if (!allDay) return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).formatRange(from, to);
  const last = new Date(Math.max(from.getTime(), to.getTime() - 1));
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeZone: 'UTC' }).formatRange(from, last) || absolute(from);
}

function Attendees({ meeting, t }: { meeting: Meeting; t: Text }) {
  return (
    <ul style={{ margin: 0, paddingInlineStart: '1.2em' }}>
      {(meeting.attendees ?? []).map((a, i) => (
        <li key={`${a.email ?? a.name ?? ''} ${i}`}>
          {[a.name, a.email].filter(Boolean).join(', ')}
          {a.answer ? ` (${t.record.answers[a.answer]})` : ''}
        </li>
      ))}
    </ul>
  );
}
