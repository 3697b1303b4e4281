// actions are what the audit log records, in the server's order. The server's
// list is the master: a test compares them.
export const actions = [
  'session.signed_in',
  'session.sign_in_failed',
  'session.sign_in_limited',
  'session.signed_out',
  'session.signed_out_everywhere',
  'session.confirmed',
  'session.confirm_failed',
  'session.confirm_limited',
  'setup.refused',
  'access.denied',
  'organization.created',
  'user.created',
  'user.updated',
  'user.deleted',
  'user.password_reset',
  'api_key.issued',
  'api_key.copied',
  'api_key.regenerated',
  'webhook.created',
  'webhook.updated',
  'webhook.deleted',
  'webhook.switched_on',
  'webhook.switched_off',
  'webhook.disabled',
  'webhook.failing_warned',
  'webhook.secret_read',
  'webhook.secret_rotated',
  'webhook.tested',
  'delivery.retried',
  'delivery.replayed',
  'delivery.held_sent',
  'delivery.held_discarded',
  'delivery.held_expired',
  'delivery.held_expiring',
  'event_type.created',
  'event_type.updated',
  'audit.exported',
  'audit.restore_accepted',
  'audit.verification_failed',
  'egress.networks_allowed',
  'egress.authorities_trusted',
  'integration.connected',
  'integration.connect_failed',
  'integration.account_replaced',
  'integration.disconnected',
  'integration.paused',
  'integration.resumed',
  'integration.settings_changed',
  'integration.app_saved',
  'integration.app_removed',
  'integration.setup_requested',
  'integration.checked',
  'integration.synced',
  'integration.import_begun',
  'integration.imported',
  'integration.message_tested',
  'integration.reauthorize_needed',
  'integration.permissions_changed',
  'integration.revoked',
  'alert.routes_updated',
  'alert.tested',
] as const;

export type AuditAction = (typeof actions)[number];

export function isAction(word: string): word is AuditAction {
  return (actions as readonly string[]).includes(word);
}

// areaOf is the noun of an action. The API takes it as a filter for everything
// about the noun.
export function areaOf(action: string): string {
  return action.split('.', 1)[0] ?? action;
}

// areas lists the nouns in the order of their first action.
export const areas: readonly string[] = [...new Set(actions.map(areaOf))];
