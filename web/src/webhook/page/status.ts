import type { Webhook } from '../queries';

const day = 86_400_000;
const patience = 5 * day; // of the rule that disables, see docs/webhooks.md

type Words = Record<'active' | 'off' | 'failing' | 'disabled' | 'gone' | 'failing_long', string>;

// nextStep says what to do about the status: for a webhook that a rule disabled,
// by the rule.
export function nextStep(webhook: Pick<Webhook, 'status' | 'statusReason'>, words: Words): string {
  const { status, statusReason } = webhook;
  if (status === 'disabled' && (statusReason === 'gone' || statusReason === 'failing_long')) return words[statusReason];
  return words[status];
}

// ruleTime is when the rule disables a failing webhook at the earliest; '' if it
// does not threaten.
export function ruleTime(webhook: Pick<Webhook, 'status' | 'health'>, locale?: string): string {
  const first = Date.parse(webhook.health.firstFailure ?? '');
  if (webhook.status !== 'failing' || webhook.health.failures === 0 || Number.isNaN(first)) return '';
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(first + patience));
}
