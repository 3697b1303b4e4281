import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dropDraft, forgetDrafts, loadDraft, saveDraft } from './store';

const read = (value: unknown) => (typeof value === 'object' ? (value as { text: string } | null) : null);
const load = (user = 'usr_1', form = 'a') => loadDraft(user, form, read);
const stored = () => JSON.stringify({ ...sessionStorage, ...localStorage });
const asks = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));

beforeEach(() => forgetDrafts());
afterEach(() => vi.restoreAllMocks());

test('a draft comes back to its author and form alone, until it is dropped', () => {
  saveDraft('usr_1', 'a', { text: 'typed' }, false);
  expect(load()).toEqual({ text: 'typed' });
  expect(load('usr_2')).toBeNull();
  expect(load('usr_1', 'b')).toBeNull();
  dropDraft('usr_1', 'a');
  expect(load()).toBeNull();
});

test('what may be a secret is never stored, and the browser asks before it is lost', () => {
  saveDraft('usr_1', 'a', { text: 'harmless' }, false);
  expect(stored()).toContain('harmless');
  expect(asks()).toBe(false);
  saveDraft('usr_1', 'a', { text: 'secret' }, true);
  expect(load()).toEqual({ text: 'secret' });
  expect(stored()).not.toMatch(/secret|harmless/);
  expect(asks()).toBe(true);
  saveDraft('usr_1', 'a', { text: 'harmless' }, false);
  expect(load()).toEqual({ text: 'harmless' });
  expect(asks()).toBe(false);
  saveDraft('usr_1', 'a', { text: 'secret' }, true);
  dropDraft('usr_1', 'a');
  expect(load()).toBeNull();
  expect(asks()).toBe(false);
});

test('who signs out leaves no draft behind', () => {
  sessionStorage.setItem('of another', 'kept');
  saveDraft('usr_1', 'a', { text: 'typed' }, false);
  saveDraft('usr_1', 'b', { text: 'secret' }, true);
  forgetDrafts();
  expect([load(), load('usr_1', 'b')]).toEqual([null, null]);
  expect(stored()).toBe('{"of another":"kept"}');
  expect(asks()).toBe(false);
});

test('the drafts about a thing go with it', () => {
  for (const form of ['webhook', 'webhook.wh_1.edit', 'webhook.wh_1.headers', 'webhook.wh_12.edit']) saveDraft('usr_1', form, { text: form }, form.endsWith('headers'));
  forgetDrafts('webhook.wh_1');
  expect(['webhook', 'webhook.wh_1.edit', 'webhook.wh_1.headers', 'webhook.wh_12.edit'].map((form) => load('usr_1', form)?.text)).toEqual(['webhook', undefined, undefined, 'webhook.wh_12.edit']);
});

test.each(['', 'no JSON', '7'])('what is no draft is none: %s', (text) => {
  sessionStorage.setItem('patchboard.draft.usr_1.a', text);
  expect(load()).toBeNull();
});

test('without storage a draft is kept in memory', () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
    throw new DOMException('no', 'SecurityError');
  });
  expect(load()).toBeNull();
  saveDraft('usr_1', 'a', { text: 'typed' }, false);
  expect(load()).toEqual({ text: 'typed' });
  expect(asks()).toBe(true);
});
