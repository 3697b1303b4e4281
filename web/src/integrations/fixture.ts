import type { Attempt, Card, Detail, List, Run } from './types';

// What the tests of this folder have in common: the demo's catalog.

const icon = 'data:image/svg+xml;base64,PHN2Zy8+';
const base = { icon, enabled: false, configured: true, syncs: true, notifies: false, syncing: false, imports: false };
const health = { status: 'healthy' as const, since: '2026-11-28T09:00:00Z', checked: '2026-11-28T10:00:00Z', lastOk: '2026-11-28T10:00:00Z' };
const connected = { ...base, status: 'Connected' as const, enabled: true, health, lastSync: '2026-11-28T10:00:00Z', account: 'ana@example.org' };
const available = { ...base, status: 'Available' as const };

export const gmail: Card = { ...connected, slug: 'gmail', name: 'Gmail', category: 'Email', description: 'Sync emails and calendar events' };
export const calendar: Card = { ...connected, slug: 'google-calendar', name: 'Google Calendar', category: 'Email', description: 'Sync meetings and events' };
export const slack: Card = { ...available, slug: 'slack', name: 'Slack', category: 'Communication', description: 'Get notifications and updates', syncs: false, notifies: true };
export const hubspot: Card = { ...available, slug: 'hubspot', name: 'HubSpot', category: 'Marketing', description: 'Sync marketing data' };
export const linkedin: Card = { ...available, slug: 'linkedin', name: 'LinkedIn', category: 'Social', description: 'Import professional contacts', syncs: false, imports: true };
export const salesforce: Card = { ...available, slug: 'salesforce', name: 'Salesforce', category: 'CRM', description: 'Import contacts and opportunities' };

export const attention = {
  title: 'Access was revoked',
  since: '2026-11-28T09:30:00Z',
  affects: ['reading mail', 'the event email.sent'],
  action: 'reconnect' as const,
  cause: 'Google does not accept the grant any more.',
  who: 'admin' as const,
  steps: ['Connect again.'],
};

export function listOf(cards: Card[] = [gmail, calendar, slack, hubspot, linkedin, salesforce]): List {
  const granted = cards.filter((card) => card.status !== 'Available' && card.status !== 'Connecting');
  const rest = cards.filter((card) => !granted.includes(card));
  const names = ['Email', 'Communication', 'Marketing', 'Social', 'CRM', 'Custom'];
  return {
    connected: { count: granted.length, integrations: granted },
    available: { count: rest.length, integrations: rest },
    categories: { count: names.length, categories: names.map((name) => ({ name, count: cards.filter((card) => card.category === name).length })) },
  };
}

export const run: Run = {
  id: 'syn_1',
  trigger: 'schedule',
  kind: 'incremental',
  state: 'succeeded',
  startedAt: '2026-11-28T10:00:00Z',
  endedAt: '2026-11-28T10:00:01Z',
  durationMs: 900,
  pages: 1,
  read: 12,
  created: 3,
  changed: 2,
  removed: 1,
  skipped: 6,
  events: 3,
  partial: [],
  off: [],
};

const app = { configured: true, source: 'organization' as const, clientId: 'client-1', callbackUrl: 'http://localhost:8480/oauth/callback', console: 'https://console.example.com', mayEdit: true };

export const gmailDetail: Detail = {
  ...gmail,
  version: 3,
  does: ['Messages become records.'],
  app,
  accountId: 'ana@example.org',
  connectedAt: '2026-11-20T10:00:00Z',
  connectedBy: 'ada@example.com',
  scopes: [
    { name: 'gmail.metadata', why: 'To read who wrote to whom.', required: true, granted: true },
    { name: 'gmail.labels', why: 'To list labels.', required: false, granted: false },
  ],
  settings: { bodies: false, days: 90, labels: [] },
  fields: [
    { name: 'bodies', label: 'Read the text of messages', help: 'Needs a larger permission.', kind: 'toggle', hasChoices: false },
    { name: 'days', label: 'Read the past', help: 'How far back the first load goes.', kind: 'number', min: 1, max: 365, unit: 'days', hasChoices: false },
    { name: 'labels', label: 'Only messages with these labels', help: 'Without a choice, all.', kind: 'choices', hasChoices: true },
  ],
  checkEverySeconds: 300,
  sync: { everySeconds: 300, due: '2026-11-28T10:05:00Z', lastRun: run, records: [{ kind: 'email', count: 120 }] },
  destinations: [],
  stays: 'What was read stays.',
};

export const slackDetail: Detail = {
  ...slack,
  version: 1,
  does: ['Events are told of in channels that you choose.'],
  app,
  scopes: [{ name: 'chat:write', why: 'To post where the bot is a member.', required: true }],
  settings: { rules: [] },
  fields: [{ name: 'rules', label: 'Messages', help: 'Which events are told of.', kind: 'rules', hasChoices: true }],
  checkEverySeconds: 300,
  destinations: [],
  stays: 'Messages that were posted stay in Slack.',
};

export const connectedSlack: Detail = { ...slackDetail, status: 'Connected', enabled: true, health, account: 'Acme', accountId: 'T0TEAM1', version: 2 };

export const openAttempt: Attempt = { id: 'cat_1', status: 'open', startedBy: 'ada@example.com', startedAt: '2026-11-28T10:00:00Z', expires: '2026-11-28T10:10:00Z' };

export const channels = { fields: [{ name: 'rules', choices: [{ value: 'C0SALES', label: '#sales' }, { value: 'C0OPS', label: '#ops', hint: 'private' }] }] };
