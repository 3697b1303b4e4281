// The API's shapes until its description has them; deleted then.

type Problem = { headers: Record<string, unknown>; content: { 'application/problem+json': unknown } };
type Answered<A> = { responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': A } }; default: Problem } };
type Params<P, Q, H> = { parameters: { query?: Q; header?: H; cookie?: never } & ([P] extends [never] ? { path?: never } : { path: P }) };
type Sent<B> = [B] extends [undefined] ? { requestBody?: never } : { requestBody: { content: { 'application/json': B } } };
type Op<P, Q, H, B, A> = Params<P, Q, H> & Sent<B> & Answered<A>;
type Slug = { slug: string };
type Page = { cursor?: string; limit?: number };

export type Status = 'Connected' | 'Paused' | 'Error' | 'Reconnect needed' | 'Available' | 'Connecting';
export type HealthStatus = 'healthy' | 'degraded' | 'error' | 'reauthorize';

export interface Guidance {
  cause: string;
  who: 'nobody' | 'admin' | 'operator' | 'workspace';
  steps: string[];
  link?: string;
}

export interface Health {
  status: HealthStatus;
  since: string;
  checked?: string;
  lastOk?: string;
  class?: string;
  code?: string;
  detail?: string;
}

export type Attention = Guidance & { id: string; title: string; since: string; affects: string[]; action: 'reconnect' | 'test' | 'setup' | 'wait' };

export interface Card {
  slug: string;
  name: string;
  category: string;
  description: string;
  icon: string;
  status: Status;
  statusSince?: string;
  statusBy?: string;
  statusReason?: string;
  enabled: boolean;
  connectable: boolean;
  configured: boolean;
  syncs: boolean;
  notifies: boolean;
  health?: Health;
  lastSync?: string;
  syncing: boolean;
  account?: string;
  attention?: Attention;
}

export interface List {
  connected: { count: number; integrations: Card[] };
  available: { count: number; integrations: Card[] };
  categories: { count: number; categories: { name: string; count: number }[] };
}

export interface Failure {
  class: string;
  code: string;
  detail: string;
  guidance: Guidance;
}

export interface Run {
  id: string;
  trigger: 'schedule' | 'manual' | 'connect' | 'resume';
  kind: 'first' | 'incremental';
  state: 'running' | 'succeeded' | 'failed' | 'interrupted' | 'partial';
  startedAt: string;
  endedAt?: string;
  durationMs: number;
  pages: number;
  read: number;
  created: number;
  changed: number;
  removed: number;
  skipped: number;
  events: number;
  partial: string[];
  failure?: Failure;
}

export interface Attempt {
  id: string;
  status: 'open' | 'succeeded' | 'denied' | 'failed' | 'not_finished' | 'other_account';
  startedBy: string;
  startedAt: string;
  expires: string;
  detail?: string;
  guidance?: Guidance;
  account?: string;
  previousAccount?: string;
}

export interface Field {
  name: string;
  label: string;
  help: string;
  kind: 'toggle' | 'number' | 'choice' | 'choices' | 'rules';
  min?: number;
  max?: number;
  unit?: string;
  hasChoices: boolean;
}

export interface Rule {
  events: string[];
  channel: string;
  title: string;
  text: string;
}

export interface Detail extends Card {
  version: number;
  does: string[];
  app: { configured: boolean; source: '' | 'organization' | 'configuration'; clientId?: string; callbackUrl: string; console: string; mayEdit: boolean };
  accountId?: string;
  connectedAt?: string;
  connectedBy?: string;
  scopes: { name: string; why: string; required: boolean; granted?: boolean }[];
  settings: Record<string, unknown>;
  fields: Field[];
  sync?: { everySeconds: number; due?: string; running?: Run; lastRun?: Run; records: { kind: 'contact' | 'email' | 'meeting'; count: number }[] };
  attempt?: Attempt;
  destinations?: { channel: string; name: string; error: string; since: string; guidance: Guidance }[];
  stays: string;
}

export interface Choice {
  value: string;
  label: string;
  hint?: string;
}

export interface Step {
  name: 'dns' | 'tls' | 'token' | 'scope' | 'call';
  state: 'ok' | 'failed' | 'skipped';
  detail: string;
  durationMs: number;
}

export interface CheckResult {
  ok: boolean;
  health: Health;
  steps: Step[];
  guidance?: Guidance;
}

export interface Impact {
  events: number;
  deliveries: number;
  notifications: number;
  syncs: number;
  records: number;
  webhooks: { id: string; url: string; events: string[] }[];
}

export interface Strip {
  from: string;
  to: string;
  checks: number;
  failed: number;
  worst: HealthStatus | 'paused' | 'none';
}

export interface HealthItem {
  at: string;
  ok: boolean;
  class?: string;
  code?: string;
  detail?: string;
  status: HealthStatus;
  durationMs: number;
  trigger: 'schedule' | 'manual' | 'sync' | 'connect';
}

export interface HealthPage {
  strip: Strip[];
  items: HealthItem[];
  next?: string;
}

export interface Notification {
  id: string;
  event: string;
  eventType: string;
  channel: string;
  state: 'waiting' | 'posted' | 'failed' | 'collapsed';
  attempts: number;
  nextAt?: string;
  error?: string;
  at: string;
}

export interface Change {
  enabled?: boolean;
  reason?: string;
  settings?: Record<string, unknown>;
  syncEverySeconds?: number;
}

declare module '../api/schema' {
  interface paths {
    '/api/v1/integrations': { get: Op<never, never, never, undefined, List> };
    '/api/v1/integrations/{slug}': {
      get: Op<Slug, never, never, undefined, Detail>;
      patch: Op<Slug, never, { 'If-Match'?: string }, Change, Detail>;
    };
    '/api/v1/integrations/{slug}/choices': { get: Op<Slug, never, never, undefined, { fields: { name: string; choices: Choice[] }[] }> };
    '/api/v1/integrations/{slug}/connect': { post: Op<Slug, never, never, { settings?: Record<string, unknown> }, { authorizeUrl: string; attempt: Attempt }> };
    '/api/v1/integrations/{slug}/attempts/{id}': {
      get: Op<Slug & { id: string }, never, never, undefined, Attempt>;
      post: Op<Slug & { id: string }, never, never, { action: 'replace' | 'discard' }, Attempt>;
    };
    '/api/v1/integrations/{slug}/request': { post: Op<Slug, never, never, undefined, undefined> };
    '/api/v1/integrations/{slug}/app': {
      put: Op<Slug, never, never, { clientId: string; clientSecret: string }, Detail>;
      delete: Op<Slug, never, never, undefined, Detail>;
    };
    '/api/v1/integrations/{slug}/impact': { get: Op<Slug, never, never, undefined, Impact> };
    '/api/v1/integrations/{slug}/connection': { delete: Op<Slug, never, never, undefined, { revoked: boolean; message: string; stays: string }> };
    '/api/v1/integrations/{slug}/check': { post: Op<Slug, never, never, undefined, CheckResult> };
    '/api/v1/integrations/{slug}/sync': { post: Op<Slug, never, never, { full?: boolean }, { run: Run }> };
    '/api/v1/integrations/{slug}/syncs': { get: Op<Slug, Page, never, undefined, { items: Run[]; next?: string }> };
    '/api/v1/integrations/{slug}/health': { get: Op<Slug, Page & { since?: string }, never, undefined, HealthPage> };
    '/api/v1/integrations/{slug}/preview': { post: Op<Slug, never, never, { rule: Rule; eventType: string }, { title: string; text: string }> };
    '/api/v1/integrations/{slug}/post': { post: Op<Slug, never, never, { rule: Rule; eventType: string }, { ok: boolean; detail?: string; guidance?: Guidance }> };
    '/api/v1/integrations/{slug}/notifications': { get: Op<Slug, Page, never, undefined, { items: Notification[]; next?: string }> };
  }
}
