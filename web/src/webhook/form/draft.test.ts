import { beforeEach, expect, test, vi } from 'vitest';
import { dropDraft, loadDraft, saveDraft, type Draft } from './draft';

const draft: Draft = {
  url: 'https://your-api.com/webhooks',
  events: ['contact.updated', 'email.sent'],
  off: false,
  format: 'standard',
  template: null,
  secretShown: true,
};

beforeEach(() => sessionStorage.clear());

test('a draft comes back to its author alone, until it is dropped', () => {
  saveDraft('usr_1', draft);
  expect(loadDraft('usr_1')).toEqual(draft);
  expect(loadDraft('usr_2')).toBeNull();
  dropDraft('usr_1');
  expect(loadDraft('usr_1')).toBeNull();
});

test('no secret is in the storage', () => {
  saveDraft('usr_1', draft);
  expect(JSON.stringify({ ...sessionStorage })).not.toContain('whsec_');
});

test.each(['', 'no JSON', 'null', '7', '{}', '{"url": 7, "events": [], "format": "standard"}', '{"url": "", "events": "x", "format": "standard"}'])(
  'what is no draft is none: %s',
  (text) => {
    sessionStorage.setItem('patchboard.webhook-draft.usr_1', text);
    expect(loadDraft('usr_1')).toBeNull();
  },
);

test('what an older console wrote is read as far as it goes', () => {
  sessionStorage.setItem('patchboard.webhook-draft.usr_1', '{"url": "https://a", "events": ["contact.created", 7], "format": "slack"}');
  expect(loadDraft('usr_1')).toEqual({ url: 'https://a', events: ['contact.created'], off: false, format: 'slack', template: null, secretShown: false });
});

test('a browser without storage is no error', () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
    throw new DOMException('no', 'SecurityError');
  });
  expect(() => saveDraft('usr_1', draft)).not.toThrow();
  expect(loadDraft('usr_1')).toBeNull();
});
