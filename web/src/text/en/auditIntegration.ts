import type { AuditAction } from '../../audit/action';
import type { Facts } from '../../audit/facts';
import type { Words } from './audit';

type IntegrationAction = Extract<AuditAction, `integration.${string}`>;

const it = (f: Facts) => f.target || 'an integration';

// Why a connection did not come about, by the reason of its entry.
const failures: Record<string, (f: Facts) => string> = {
  denied: (f) => `Tried to connect ${it(f)}; access was not granted there`,
  not_finished: (f) => `Began to connect ${it(f)}, and did not finish within ten minutes`,
};

export const integrationActions: Record<IntegrationAction, Words> = {
  'integration.connected': { label: 'Integration connected', done: (f) => `Connected ${it(f)}`, attempt: (f) => `connect ${it(f)}` },
  'integration.connect_failed': {
    label: 'Connecting failed',
    done: (f) => `Tried to connect ${it(f)}, without success`,
    attempt: (f) => `connect ${it(f)}`,
    denied: (f) => `An answer for ${it(f)} was refused: another session had begun the connection`,
    failed: (f) => failures[f.reason]?.(f) ?? `Tried to connect ${it(f)}, without success${f.text('code') ? ` (${f.text('code')})` : ''}`,
  },
  'integration.account_replaced': {
    label: 'Account of an integration replaced',
    done: (f) => `Connected ${it(f)} with another account`,
    attempt: (f) => `connect ${it(f)} with another account`,
  },
  'integration.disconnected': { label: 'Integration disconnected', done: (f) => `Disconnected ${it(f)}`, attempt: (f) => `disconnect ${it(f)}` },
  'integration.paused': { label: 'Integration paused', done: (f) => `Paused ${it(f)}`, attempt: (f) => `pause ${it(f)}` },
  'integration.resumed': { label: 'Integration resumed', done: (f) => `Resumed ${it(f)}`, attempt: (f) => `resume ${it(f)}` },
  'integration.settings_changed': {
    label: 'Settings of an integration changed',
    done: (f) => `Changed the settings of ${it(f)}`,
    attempt: (f) => `change the settings of ${it(f)}`,
  },
  'integration.app_saved': {
    label: 'Application of an integration saved',
    done: (f) => `Saved the application for ${it(f)}: its client id and secret`,
    attempt: (f) => `save the application for ${it(f)}`,
  },
  'integration.app_removed': {
    label: 'Application of an integration removed',
    done: (f) => `Removed the application for ${it(f)}`,
    attempt: (f) => `remove the application for ${it(f)}`,
  },
  'integration.setup_requested': {
    label: 'Set-up of an integration requested',
    done: (f) => `Asked the system administrators to set ${it(f)} up`,
    attempt: (f) => `ask the system administrators to set ${it(f)} up`,
  },
  'integration.checked': {
    label: 'Connection tested',
    done: (f) => `Tested the connection to ${it(f)}: it works`,
    attempt: (f) => `test the connection to ${it(f)}`,
    failed: (f) => `Tested the connection to ${it(f)}: it does not work${f.text('code') ? ` (${f.text('code')})` : ''}`,
  },
  'integration.synced': {
    label: 'Sync started',
    done: (f) => (f.isTrue('full') ? `Had everything of ${it(f)} read again` : `Started a sync of ${it(f)}`),
    attempt: (f) => `start a sync of ${it(f)}`,
  },
  'integration.import_begun': { label: 'Import by file begun', done: (f) => `Began to import a file of ${it(f)}`, attempt: (f) => `import a file of ${it(f)}` },
  'integration.imported': {
    label: 'Contacts imported by file',
    done: (f) => `Imported a file of ${it(f)}`,
    attempt: (f) => `import a file of ${it(f)}`,
    failed: (f) => `Import of a file of ${it(f)} was cut off`,
  },
  'integration.message_tested': {
    label: 'Test message posted',
    done: (f) => `Posted a test message by ${it(f)}${f.text('channel') ? ` to ${f.text('channel')}` : ''}`,
    attempt: (f) => `post a test message by ${it(f)}`,
  },
  'integration.reauthorize_needed': {
    label: 'Access of an integration ended',
    done: (f) => `Found that ${it(f)} has to be connected again`,
    attempt: (f) => `use ${it(f)}`,
    failed: (f) => `Found that ${it(f)} has to be connected again: it does not accept the access any more`,
  },
  'integration.permissions_changed': {
    label: 'Permissions of an integration changed',
    done: (f) => `Found that the permissions of ${it(f)} are others than before, on renewing its access`,
    attempt: (f) => `take up the permissions of ${it(f)}`,
  },
  'integration.revoked': {
    label: 'Access of an integration revoked',
    done: (f) => `Revoked the access to ${it(f)}`,
    attempt: (f) => `revoke the access to ${it(f)}`,
    failed: (f) => `Could not revoke the access to ${it(f)} within a day: remove it there`,
  },
};
