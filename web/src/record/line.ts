import type { Text } from '../text';
import type { AnyRecord, Contact } from './kind';

// Line is a record in one line of a list.
export interface Line {
  title: string;
  about: string;
  at: string | undefined; // its own time
  sources: string[]; // each once
}

const joined = (...parts: (string | undefined)[]) => parts.filter(Boolean).join(' · ');

export const nameOf = ({ firstName, lastName }: Contact) => [firstName, lastName].filter(Boolean).join(' ');

// lineOf says what a record is in one line.
export function lineOf(record: AnyRecord, t: Text): Line {
  const words = t.record;
  const sources = [record.source];
  switch (record.kind) {
    case 'contacts': {
      const title = nameOf(record) || record.email || record.company || record.phone || record.profileUrl || words.nameless;
      const about = joined(record.email === title ? undefined : record.email, record.title, record.company === title ? undefined : record.company);
      return { title, about, at: record.created, sources: [...new Set(record.sources.map(({ source }) => source))] };
    }
    case 'campaigns':
      return {
        title: record.name || words.nameless,
        about: joined(record.state && words.states[record.state], record.channel && words.channels[record.channel], record.audience ? words.people(record.audience) : undefined),
        at: record.begin,
        sources,
      };
    case 'emails': {
      const whom = record.sent ? words.to((record.to ?? []).join(', ')) : words.from(record.from ?? '');
      return { title: record.subject || words.noSubject, about: joined(record.bulk ? words.bulk : whom), at: record.at, sources };
    }
    case 'meetings':
      return {
        title: record.title || words.nameless,
        about: joined(record.status && record.status !== 'confirmed' ? words.statuses[record.status] : undefined, record.place, words.guests(record.attendees?.length ?? 0)),
        at: record.begin,
        sources,
      };
    case 'opportunities':
      return {
        title: record.name || words.nameless,
        about: joined(stageOf(record.closed, record.won, record.stage, t), moneyOf(record.amount, record.currency), record.company),
        at: record.created,
        sources,
      };
  }
}

export function stageOf(closed: boolean | undefined, won: boolean | undefined, stage: string | undefined, t: Text): string | undefined {
  if (!closed) return stage;
  return won ? t.record.won : t.record.lost;
}

// moneyOf writes an amount by the browser's locale, with the digits that it has.
export function moneyOf(amount: string | undefined, currency: string | undefined): string | undefined {
  if (!amount) return undefined;
  const digits = amount.split('.')[1]?.length ?? 0;
  try {
    const format = new Intl.NumberFormat(undefined, {
      ...(currency && { style: 'currency', currency }),
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    return format.format(amount as unknown as number); // a text keeps all its digits
  } catch {
    return [amount, currency].filter(Boolean).join(' '); // a currency of the right form that is none
  }
}
