import type { AuditAction } from '../../audit/action';
import type { Facts } from '../../audit/facts';
import { integrationActions } from './auditIntegration';

// Words say what one action is called and how an entry about it reads. done
// tells of one that succeeded; attempt completes "Tried to …"; denied and failed
// are for where that would read badly.
export interface Words {
  label: string;
  done: (f: Facts) => string;
  attempt: (f: Facts) => string;
  denied?: (f: Facts) => string;
  failed?: (f: Facts) => string;
}

const count = (n: number, one: string, many: string) => `${new Intl.NumberFormat().format(n)} ${n === 1 ? one : many}`;
const deliveries = (n: number) => count(n, 'delivery', 'deliveries');
const hours = (n: number) => count(n, 'hour', 'hours');
const whom = (f: Facts) => f.target || 'somebody';
const the = (noun: string, f: Facts) => (f.target ? `the ${noun} ${f.target}` : `a ${noun}`);
const purposes: Record<string, string> = { 'api_key.regenerate': 'to regenerate the API key' };
const purpose = (f: Facts) => purposes[f.text('purpose')] ?? (f.text('purpose') ? `for ${f.text('purpose')}` : '');
const methods: Record<string, string> = { button: 'with the button', shortcut: 'with the keyboard', manual: 'by hand' };
const formats: Record<string, string> = { csv: 'CSV', jsonl: 'JSON Lines' };

const actions: Record<AuditAction, Words> = {
  'session.signed_in': { label: 'Signed in', done: () => 'Signed in', attempt: () => 'sign in' },
  'session.sign_in_failed': {
    label: 'Sign-in failed',
    done: (f) => `A sign-in as ${whom(f)} failed`,
    attempt: (f) => `sign in as ${whom(f)}`,
    failed: (f) => `A sign-in as ${whom(f)} failed: wrong password, or no such user`,
  },
  'session.sign_in_limited': {
    label: 'Sign-in held back',
    done: (f) => `Sign-ins as ${whom(f)} were held back`,
    attempt: (f) => `sign in as ${whom(f)}`,
    denied: (f) => `A sign-in as ${whom(f)} was held back after too many failures`,
  },
  'session.signed_out': { label: 'Signed out', done: () => 'Signed out', attempt: () => 'sign out' },
  'session.signed_out_everywhere': {
    label: 'Signed out everywhere',
    done: (f) => `Signed out everywhere: ${count(f.number('sessions'), 'session', 'sessions')} ended`,
    attempt: () => 'sign out everywhere',
  },
  'session.confirmed': {
    label: 'Password confirmed',
    done: (f) => `Confirmed the password ${purpose(f)}`.trim(),
    attempt: (f) => `confirm the password ${purpose(f)}`.trim(),
  },
  'session.confirm_failed': {
    label: 'Password confirmation failed',
    done: (f) => `Gave a wrong password ${purpose(f)}`.trim(),
    attempt: (f) => `confirm the password ${purpose(f)}`.trim(),
    failed: (f) => `Gave a wrong password ${purpose(f)}`.trim(),
  },
  'session.confirm_limited': {
    label: 'Password confirmation held back',
    done: () => 'Confirmations of the password were held back',
    attempt: (f) => `confirm the password ${purpose(f)}`.trim(),
    denied: () => 'A confirmation of the password was held back after too many failures',
  },
  'setup.refused': {
    label: 'Set-up refused',
    done: () => 'A set-up was refused',
    attempt: () => 'set up this installation',
    denied: () => 'A set-up was refused: its address was not the printed one',
  },
  'access.denied': {
    label: 'Access denied',
    done: (f) => `Was refused ${f.targetId}`,
    attempt: (f) => `use ${f.targetId}`,
    denied: (f) => `Was refused ${f.targetId}: the role does not have the permission ${f.text('permission')}`,
  },
  'organization.created': {
    label: 'Organization created',
    done: (f) => `Created ${the('organization', f)}`,
    attempt: (f) => `create ${the('organization', f)}`,
  },
  'user.created': { label: 'User added', done: (f) => `Added ${the('user', f)}`, attempt: (f) => `add ${the('user', f)}` },
  'user.updated': {
    label: 'User changed',
    done: (f) => (f.text('changed') === 'password' ? `Changed ${the('user', f)}, the password included` : `Changed ${the('user', f)}`),
    attempt: (f) => `change ${the('user', f)}`,
  },
  'user.deleted': { label: 'User deleted', done: (f) => `Deleted ${the('user', f)}`, attempt: (f) => `delete ${the('user', f)}` },
  'user.password_reset': {
    label: 'Password reset',
    done: (f) => `Reset the password of ${whom(f)}`,
    attempt: (f) => `reset the password of ${whom(f)}`,
  },
  'api_key.issued': {
    label: 'API key issued',
    done: () => 'Issued the first API key',
    attempt: () => 'issue an API key',
  },
  'api_key.copied': {
    label: 'API key copied',
    done: (f) => `Copied the API key ${methods[f.text('copyMethod')] ?? ''}`.trim(),
    attempt: () => 'copy the API key',
  },
  'api_key.regenerated': {
    label: 'API key regenerated',
    done: () => 'Regenerated the API key; the old one stopped',
    attempt: () => 'regenerate the API key',
    denied: () => 'A regeneration of the API key was refused: it was not confirmed with the password',
  },
  'webhook.created': { label: 'Webhook added', done: (f) => `Added ${the('webhook', f)}`, attempt: (f) => `add ${the('webhook', f)}` },
  'webhook.updated': {
    label: 'Webhook changed',
    done: (f) => `Changed ${the('webhook', f)}`,
    attempt: (f) => `change ${the('webhook', f)}`,
  },
  'webhook.deleted': { label: 'Webhook deleted', done: (f) => `Deleted ${the('webhook', f)}`, attempt: (f) => `delete ${the('webhook', f)}` },
  'webhook.switched_on': {
    label: 'Webhook switched on',
    done: (f) => `Switched on ${the('webhook', f)}`,
    attempt: (f) => `switch on ${the('webhook', f)}`,
  },
  'webhook.switched_off': {
    label: 'Webhook switched off',
    done: (f) => `Switched off ${the('webhook', f)}`,
    attempt: (f) => `switch off ${the('webhook', f)}`,
  },
  'webhook.disabled': {
    label: 'Webhook disabled by the rule',
    done: (f) => `Disabled ${the('webhook', f)} after ${count(f.number('failures'), 'failed try', 'failed tries')}`,
    attempt: (f) => `disable ${the('webhook', f)}`,
  },
  'webhook.failing_warned': {
    label: 'Warned of a failing webhook',
    done: (f) => `Warned that ${the('webhook', f)} keeps failing and will be disabled: ${count(f.number('failures'), 'failed try', 'failed tries')} so far`,
    attempt: (f) => `warn of ${the('webhook', f)}`,
  },
  'webhook.secret_read': {
    label: 'Signing secret read',
    done: (f) => `Read the signing secret of ${the('webhook', f)}`,
    attempt: (f) => `read the signing secret of ${the('webhook', f)}`,
  },
  'webhook.secret_rotated': {
    label: 'Signing secret rotated',
    done: (f) =>
      f.number('overlapHours') > 0
        ? `Rotated the signing secret of ${the('webhook', f)}; the old one signs too for ${hours(f.number('overlapHours'))}`
        : `Rotated the signing secret of ${the('webhook', f)}; the old one stopped at once`,
    attempt: (f) => `rotate the signing secret of ${the('webhook', f)}`,
  },
  'webhook.tested': {
    label: 'Webhook tested',
    done: (f) => {
      if (f.isTrue('ok')) return `Tested ${the('webhook', f)}: it answered ${f.number('status')}`;
      const answer = f.number('status') ? `it answered ${f.number('status')}` : 'no good answer came';
      return `Tested ${the('webhook', f)}: ${answer}`;
    },
    attempt: (f) => `test ${the('webhook', f)}`,
  },
  'delivery.retried': {
    label: 'Delivery retried',
    done: (f) => `Had ${the('delivery', f)} tried again`,
    attempt: (f) => `retry ${the('delivery', f)}`,
  },
  'delivery.replayed': {
    label: 'Deliveries replayed',
    done: (f) => `Replayed a time range to ${the('webhook', f)}`,
    attempt: (f) => `replay a time range to ${the('webhook', f)}`,
  },
  'delivery.held_sent': {
    label: 'Held deliveries sent',
    done: (f) => `Sent ${deliveries(f.number('deliveries'))} that ${f.number('deliveries') === 1 ? 'was' : 'were'} held for ${the('webhook', f)}`,
    attempt: (f) => `send what is held for ${the('webhook', f)}`,
  },
  'delivery.held_discarded': {
    label: 'Held deliveries discarded',
    done: (f) => `Discarded ${deliveries(f.number('deliveries'))} that ${f.number('deliveries') === 1 ? 'was' : 'were'} held for ${the('webhook', f)}`,
    attempt: (f) => `discard what is held for ${the('webhook', f)}`,
  },
  'delivery.held_expired': {
    label: 'Held deliveries expired',
    done: (f) => `Discarded ${deliveries(f.number('deliveries'))} held for ${the('webhook', f)}, as the time to keep them ended`,
    attempt: (f) => `discard what is held for ${the('webhook', f)}`,
  },
  'delivery.held_expiring': {
    label: 'Held deliveries about to expire',
    done: (f) => `Warned that ${deliveries(f.number('deliveries'))} held for ${the('webhook', f)} will be discarded in three days`,
    attempt: (f) => `warn of what is held for ${the('webhook', f)}`,
  },
  'event_type.created': {
    label: 'Event type registered',
    done: (f) => `Registered ${the('event type', f)}`,
    attempt: (f) => `register ${the('event type', f)}`,
  },
  'event_type.updated': {
    label: 'Event type changed',
    done: (f) => `Changed ${the('event type', f)}`,
    attempt: (f) => `change ${the('event type', f)}`,
  },
  'audit.exported': {
    label: 'Audit log exported',
    done: (f) => `Exported the audit log as ${formats[f.text('format')] ?? 'a file'}`,
    attempt: () => 'export the audit log',
  },
  'audit.restore_accepted': {
    label: 'Audit log accepted after a restore',
    done: () => 'Accepted the audit log as it is after a restore',
    attempt: () => 'accept the audit log after a restore',
  },
  'audit.verification_failed': {
    label: 'Verification of the audit log failed',
    done: () => 'Found that the audit log was changed outside Patchboard',
    attempt: () => 'verify the audit log',
    failed: () => 'Found that the audit log was changed outside Patchboard',
  },
  'alert.routes_updated': {
    label: 'Routes of alerts changed',
    done: () => 'Changed where alerts go',
    attempt: () => 'change where alerts go',
  },
  'alert.tested': {
    label: 'Test alert sent',
    done: (f) => `Sent a test alert${f.target ? ` to ${f.target}` : ''}`,
    attempt: (f) => `send a test alert${f.target ? ` to ${f.target}` : ''}`,
  },
  'egress.networks_allowed': {
    label: 'Networks allowed',
    done: () => 'Started with settings that change which networks webhooks may reach',
    attempt: () => 'change which networks webhooks may reach',
  },
  'egress.authorities_trusted': {
    label: 'Authorities trusted',
    done: () => 'Started with settings that change which certificate authorities are trusted',
    attempt: () => 'change which certificate authorities are trusted',
  },
  ...integrationActions,
};

const areas: Record<string, string> = {
  session: 'Signing in and out',
  setup: 'Set-up',
  access: 'Access',
  organization: 'Organization',
  user: 'Users',
  api_key: 'API key',
  webhook: 'Webhooks',
  delivery: 'Deliveries',
  event_type: 'Event types',
  audit: 'Audit log',
  alert: 'Alerts',
  egress: 'Outbound connections',
  integration: 'Integrations',
};

const roles: Record<string, string> = {
  system_admin: 'System Administrator',
  utility_admin: 'Utility Administrator',
  api_key: 'API key',
  system: 'Patchboard',
};

const actors: Record<string, string> = {
  api_key: 'The API key',
  system: 'Patchboard itself',
};

const targets: Record<string, string> = {
  api_key: 'API key',
  audit_log: 'Audit log',
  delivery: 'Delivery',
  email: 'E-mail address',
  event_type: 'Event type',
  installation: 'Installation',
  integration: 'Integration',
  organization: 'Organization',
  route: 'Operation',
  user: 'User',
  webhook: 'Webhook',
};

export const audit = {
  title: 'Audit log',
  subtitle: 'Every administrative action: who did what, when, from where, and what came of it.',
  ownOnly: 'You see your own actions.',
  ownOnlyText: 'System administrators see everybody’s, export the log and see how far it was verified.',

  actions,
  areas,
  roles,
  actors,
  targets,
  nobody: 'Somebody not signed in',
  unknownAction: (action: string, target: string) => (target ? `${action}: ${target}` : action),
  refused: (attempt: string) => `Was not allowed to ${attempt}`,
  tried: (attempt: string) => `Tried to ${attempt}, without success`,

  results: { ok: 'Done', denied: 'Denied', failed: 'Failed' } as Record<string, string>,

  filters: {
    label: 'Filter the audit log',
    action: 'Action',
    allActions: 'All actions',
    everythingAbout: (area: string) => `Everything: ${area}`,
    actor: 'Who',
    actorHint: 'E-mail address or id',
    target: 'Target',
    targetHint: 'Id, as wh_…',
    result: 'Result',
    allResults: 'All results',
    text: 'Search',
    textHint: 'In everything that an entry holds',
    clear: 'Clear filters',
    clearField: 'Clear the field',
    noMatch: 'Nothing found',
  },
  searched: (since: string, until: string) => `Text was searched from ${since} to ${until}. Choose another time range to look elsewhere, up to a year at once.`,

  list: {
    label: 'Entries, newest first',
    times: (n: number) => `${new Intl.NumberFormat().format(n)} times`,
    empty: 'Nothing recorded yet',
    emptyText: 'What you change from now on stands here at once.',
    noMatch: 'No entry fits the filter',
    noMatchText: 'Take a part of the filter away, or choose a longer time range.',
  },

  entry: {
    number: 'Entry',
    who: 'Who',
    action: 'Action',
    target: 'Target',
    when: 'When',
    from: 'From where',
    noAddress: 'From the server itself',
    browser: 'Program',
    reason: 'Reason',
    result: 'Result',
    request: 'Request',
    detail: 'Further facts',
    changed: 'What changed',
    happened: 'How often',
    happenedText: (n: number) => `${new Intl.NumberFormat().format(n)} times: equal refusals are put together in one entry.`,
    first: 'First',
    last: 'Last',
    onlyActor: 'Only this actor',
    onlyTarget: 'Only this target',
    onlyAction: 'Only this action',
    open: 'Open',
  },

  export: {
    csv: 'Export CSV',
    jsonl: 'Export JSON Lines',
    explain: 'Exports every entry that the filter chooses, oldest first. The export is itself an entry.',
  },

  verification: {
    title: 'Verification',
    verifiedTo: (n: number) => `Verified to entry ${n}`,
    verifiedToBefore: (n: number) => `Verified to entry ${n} before that`,
    notYet: 'Not verified yet',
    notYetText: 'The log is checked every 15 minutes; the first check has not run.',
    checked: 'Checked',
    all: 'Nothing up to there was altered, removed, inserted or reordered.',
    newer: (n: number) => `${count(n, 'newer entry is', 'newer entries are')} looked at by the next check, within 15 minutes.`,
    problem: 'The log was changed outside Patchboard',
    problemFix:
      'Ask whoever runs this server to run “patchboard audit verify”, which names every entry that is affected. If the database was restored from a backup, “patchboard audit accept” with a reason goes on with the log; the cut stays visible in it.',
    unanchored: (from: number) => `Unanchored since entry ${from}`,
    unanchoredText: (to: number) =>
      to > 0
        ? `The newest signed head that this server can read vouches for the entries up to ${to}. Newer ones are verified within the database alone. If this stays, ask whoever runs this server to check that the directory of audit heads can be written to; the server’s log says what hinders it.`
        : 'This server can read no signed head of this log, so it is verified within the database alone. Ask whoever runs this server to check the directory of audit heads (--audit-head-dir).',
    unreadable: 'The signed heads cannot be read',
    unreadableText:
      'So it is not known up to which entry they vouch for the log. Ask whoever runs this server to let it read the directory of audit heads (--audit-head-dir); the server’s log says what hinders it.',
    anchored: (to: number) => `A signed head outside the database vouches for the entries up to ${to}.`,
    accepted: (n: number) => `Accepted after a restore at entry ${n}`,
    acceptedText: 'Older signed heads know of entries that this log does not have. Somebody who runs this server has accepted that, with this reason:',
    showEntry: (n: number) => `Show entry ${n}`,
    empty: 'The log has no entry yet.',
  },
};
