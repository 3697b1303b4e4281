import { describe, expect, test } from 'vitest';
import { isSecret, isSecretEdit, readDraft, readEdit, type Draft, type EditDraft } from './draft';

const draft: Draft = { url: 'https://your-api.com/webhooks', events: ['contact.updated'], off: false, format: 'standard', template: null, secretShown: true };
const seen = { url: 'https://your-api.com/old', description: '', events: ['contact.created'], format: 'standard' as const, enabled: true, version: 3 };
const edit: EditDraft = { seen, url: 'https://your-api.com/new', description: 'typed', events: [], format: 'standard', off: true };

describe('a new webhook', () => {
  test('is read as it was written', () => expect(readDraft(JSON.parse(JSON.stringify(draft)))).toEqual(draft));

  test.each([null, 7, {}, { url: 7, events: [], format: 'standard' }, { url: '', events: 'x', format: 'standard' }])('%j is none', (value) =>
    expect(readDraft(value)).toBeNull(),
  );

  test('what an older console wrote is read as far as it goes', () =>
    expect(readDraft({ url: 'https://a', events: ['contact.created', 7], format: 'slack' })).toEqual({
      url: 'https://a',
      events: ['contact.created'],
      off: false,
      format: 'slack',
      template: null,
      secretShown: false,
    }));

  test.each([
    [{}, false],
    [{ template: 'own-server' }, false],
    [{ template: 'zapier' }, true],
    [{ template: 'slack', format: 'slack' }, true],
    [{ template: 'slack', format: 'slack', url: ' ' }, false], // nothing of it is typed yet
    [{ url: 'https://hooks.slack.com/services/T1/B1/x' }, true],
  ])('%j is a secret: %s', (part, secret) => expect(isSecret({ ...draft, ...part })).toBe(secret));
});

describe('changes of a webhook', () => {
  test('are read as they were written', () => expect(readEdit(JSON.parse(JSON.stringify(edit)))).toEqual(edit));

  test.each([null, {}, { ...edit, seen: {} }, { ...edit, url: 1 }, { ...edit, seen: { ...seen, version: '3' } }])('%j are none', (value) => expect(readEdit(value)).toBeNull());

  test('are a secret when the old or the new URL may be one', () => {
    expect(isSecretEdit(edit)).toBe(false);
    expect(isSecretEdit({ ...edit, format: 'discord' })).toBe(true);
    expect(isSecretEdit({ ...edit, seen: { ...seen, format: 'slack' } })).toBe(true);
    expect(isSecretEdit({ ...edit, url: 'https://a:b@your-api.com' })).toBe(true);
    expect(isSecretEdit({ ...edit, seen: { ...seen, url: 'https://hooks.slack.com/x' } })).toBe(true);
  });
});
