import type { Schemas } from '../api';

// kinds are those of records, in the order of their tabs, as the API's paths have them.
export const kinds = ['contacts', 'campaigns', 'emails', 'meetings', 'opportunities'] as const;
export type Kind = (typeof kinds)[number];

export type Contact = Schemas['ContactView'];
export type Campaign = Schemas['CampaignView'];
export type Email = Schemas['EmailView'];
export type Meeting = Schemas['MeetingView'];
export type Opportunity = Schemas['OpportunityView'];
export type ContactSource = Schemas['ContactSourceView'];
export type Stats = NonNullable<Campaign['stats']>;

// AnyRecord is a record with its kind.
export type AnyRecord =
  | ({ kind: 'contacts' } & Contact)
  | ({ kind: 'campaigns' } & Campaign)
  | ({ kind: 'emails' } & Email)
  | ({ kind: 'meetings' } & Meeting)
  | ({ kind: 'opportunities' } & Opportunity);

export const isKind = (text: string): text is Kind => kinds.some((kind) => kind === text);

// countOf names a kind as the API counts it.
export const countOf: Record<Kind, Schemas['SourceCountView']['kind']> = {
  contacts: 'contact',
  campaigns: 'campaign',
  emails: 'email',
  meetings: 'meeting',
  opportunities: 'opportunity',
};

export const pathOf = (kind: Kind, id?: string) => `/settings/records/${kind}${id ? `/${id}` : ''}`;
