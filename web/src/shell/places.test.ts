import { expect, test } from 'vitest';
import { isAt, places } from './places';

test.each([
  ['/settings/integrations', 'integrations'],
  ['/settings/webhooks/wh_1/test', 'integrations'],
  ['/settings/records/contacts/con_1', 'records'],
  ['/settings/events/evt_1', 'events'],
  ['/settings/event-types', 'events'],
  ['/settings/alerts', 'alerts'],
  ['/settings/audit', 'audit'],
])('%s belongs to %s alone', (pathname, name) => {
  expect(places.filter((place) => isAt(place, pathname)).map((place) => place.name)).toEqual([name]);
});

test('an address that only begins alike belongs to none', () => {
  expect(places.some((place) => isAt(place, '/settings/systems'))).toBe(false);
});
