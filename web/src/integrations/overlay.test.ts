import { expect, test } from 'vitest';
import { calendar, gmail, gmailDetail, listOf, slack } from './fixture';
import { overlay, overlayAll, put } from './overlay';

const wish = (enabled: boolean, slug = 'gmail') => ({ slug, enabled, by: 'ada@example.com' });

test('a wish on its way shows as it will be, the newest first', () => {
  expect(overlay(gmail, [])).toBe(gmail);
  expect(overlay(gmail, [wish(false, 'slack')])).toBe(gmail);
  expect(overlay(gmail, [wish(false)])).toMatchObject({ enabled: false, status: 'Paused', statusBy: 'ada@example.com' });
  expect(overlay(gmail, [wish(false), wish(true)])).toBe(gmail);
});

test('what is resumed has the word that its health asks for', () => {
  const paused = { ...gmail, enabled: false, status: 'Paused' as const };
  expect(overlay(paused, [wish(true)])).toMatchObject({ enabled: true, status: 'Connected', statusBy: undefined });
  const ill = (status: 'error' | 'reauthorize' | 'degraded') => ({ ...paused, health: { status, since: '' } });
  expect(overlay(ill('error'), [wish(true)]).status).toBe('Error');
  expect(overlay(ill('reauthorize'), [wish(true)]).status).toBe('Reconnect needed');
  expect(overlay(ill('degraded'), [wish(true)]).status).toBe('Connected');
});

test('a list shows wishes and answers without changing its counters', () => {
  const list = listOf();
  const shown = overlayAll(list, [wish(false)]);
  expect(shown.connected.count).toBe(2);
  expect(shown.connected.integrations.map((card) => card.status)).toEqual(['Paused', 'Connected']);
  const after = put(list, { ...gmailDetail, status: 'Paused', enabled: false });
  expect(after.connected.integrations[0]).toMatchObject({ status: 'Paused', enabled: false });
  expect(after.connected.integrations[0]).not.toHaveProperty('fields');
  expect(after.connected.integrations[1]).toBe(calendar);
  expect(after.available.integrations[0]).toBe(slack);
});
