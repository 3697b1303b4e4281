import { describe, expect, it } from 'vitest';
import { t } from '../../text';
import { nextStep, ruleTime } from './status';

const words = t.webhookPage.status.next;

describe('nextStep', () => {
  it('goes by the status, and by the rule that disabled it', () => {
    expect(nextStep({ status: 'active' }, words)).toBe(words.active);
    expect(nextStep({ status: 'off', statusReason: 'failing' }, words)).toBe(words.off);
    expect(nextStep({ status: 'disabled', statusReason: 'gone' }, words)).toBe(words.gone);
    expect(nextStep({ status: 'disabled', statusReason: 'failing_long' }, words)).toBe(words.failing_long);
    expect(nextStep({ status: 'disabled', statusReason: 'a rule to come' }, words)).toBe(words.disabled);
  });
});

describe('ruleTime', () => {
  const health = { ok: false, failures: 3, firstFailure: '2026-03-01T12:00:00Z' };

  it('is five days after the first failure', () => {
    expect(ruleTime({ status: 'failing', health }, 'en-GB')).toContain('6 March 2026');
  });

  it('threatens only a failing webhook whose deliveries fail', () => {
    expect(ruleTime({ status: 'active', health })).toBe('');
    expect(ruleTime({ status: 'failing', health: { ...health, failures: 0 } })).toBe('');
    expect(ruleTime({ status: 'failing', health: { ok: false, failures: 3 } })).toBe('');
  });
});
