import { describe, expect, test } from 'vitest';
import { reasonOf, t } from '../text';
import { actions } from './action';
import type { Entry } from './facts';
import { actorOf, labelOf, roleOf, sentenceOf } from './sentence';

const slack = { type: 'integration', id: 'slack', name: 'Slack' };

const about = (action: string, more: Partial<Entry> = {}) =>
  sentenceOf({ action, target: { type: 'webhook', id: 'wh_1', name: 'https://a.example/hook' }, result: 'ok', ...more }, t);

describe('a sentence', () => {
  test.each([
    ['webhook.created', {}, 'Added the webhook https://a.example/hook'],
    ['webhook.created', { result: 'failed', target: {} }, 'Tried to add a webhook, without success'],
    ['webhook.secret_read', { result: 'denied' }, 'Was not allowed to read the signing secret of the webhook https://a.example/hook'],
    ['webhook.secret_rotated', { detail: { overlapHours: 24 } }, 'the old one signs too for 24 hours'],
    ['webhook.secret_rotated', { detail: { overlapHours: 0 } }, 'the old one stopped at once'],
    ['webhook.tested', { detail: { ok: true, status: 200 } }, 'it answered 200'],
    ['webhook.tested', { detail: { ok: false, cause: 'dns', status: 0 } }, 'no good answer came'],
    ['webhook.disabled', { detail: { failures: 1 } }, 'after 1 failed try'],
    ['delivery.held_sent', { detail: { deliveries: 1 } }, 'Sent 1 delivery that was held for'],
    ['delivery.held_discarded', { detail: { deliveries: 1234 } }, 'Discarded 1,234 deliveries that were held for'],
    ['api_key.copied', { detail: { copyMethod: 'shortcut' } }, 'Copied the API key with the keyboard'],
    ['api_key.regenerated', { result: 'denied', target: {} }, 'was refused: it was not confirmed with the password'],
    ['session.confirmed', { detail: { purpose: 'api_key.regenerate' } }, 'Confirmed the password to regenerate the API key'],
    ['session.sign_in_failed', { result: 'failed', target: { type: 'email', id: 'eve@b.example' } }, 'A sign-in as eve@b.example failed'],
    ['access.denied', { result: 'denied', target: { type: 'route', id: 'GET /api/v1/users' }, detail: { permission: 'user.manage' } }, 'Was refused GET /api/v1/users'],
    ['integration.connected', { target: slack }, 'Connected Slack'],
    ['integration.connect_failed', { target: slack, result: 'failed', reason: 'denied' }, 'Tried to connect Slack; access was not granted there'],
    ['integration.connect_failed', { target: slack, result: 'failed', reason: 'not_finished' }, 'did not finish within ten minutes'],
    ['integration.connect_failed', { target: slack, result: 'failed', reason: 'failed', detail: { code: 'bad_client_secret' } }, 'without success (bad_client_secret)'],
    ['integration.connect_failed', { target: slack, result: 'denied' }, 'another session had begun the connection'],
    ['integration.checked', { target: slack, result: 'failed', detail: { code: 'token_revoked' } }, 'it does not work (token_revoked)'],
    ['integration.synced', { target: slack, detail: { full: true } }, 'Had everything of Slack read again'],
    ['integration.reauthorize_needed', { target: slack, result: 'failed' }, 'has to be connected again'],
    ['integration.permissions_changed', { target: slack }, 'permissions of Slack are others than before'],
    ['audit.exported', { detail: { format: 'jsonl' } }, 'Exported the audit log as JSON Lines'],
  ] as [string, Partial<Entry>, string][])('%s %j', (action, more, words) => {
    expect(about(action, more)).toContain(words);
  });

  test('is there for every action and result, whatever the entry lacks', () => {
    for (const action of actions) {
      for (const result of ['ok', 'denied', 'failed'] as const) {
        for (const detail of [undefined, null, [], 'text', { deliveries: 'many' }]) {
          const text = about(action, { result, detail, target: {} });
          expect(text, action).toMatch(/^[A-Z].{4,}/);
          expect(text, action).not.toMatch(/undefined|null|NaN| {2}/);
        }
      }
    }
  });

  test('of an action that is not known yet is the action', () => {
    expect(about('moon.landed')).toBe('moon.landed: https://a.example/hook');
    expect(labelOf('moon', t)).toBe('moon');
  });
});

test('an actor has an address, or the name of its role', () => {
  expect(actorOf({ id: 'usr_1', role: 'system_admin', email: 'ada@b.example' }, t)).toBe('ada@b.example');
  expect(roleOf({ id: 'usr_1', role: 'system_admin', email: 'ada@b.example' }, t)).toBe('System Administrator');
  expect(actorOf({ id: 'key_1', role: 'api_key' }, t)).toBe('The API key');
  expect(actorOf({ id: 'system', role: 'system' }, t)).toBe('Patchboard itself');
  expect(roleOf({ id: 'system', role: 'system' }, t)).toBe('');
  expect(actorOf({ id: '', role: '' }, t)).toBe('Somebody not signed in');
  expect(reasonOf('suspected_leak', t)).toBe('Suspected leak');
  expect(reasonOf('The disk failed', t)).toBe('The disk failed');
});
