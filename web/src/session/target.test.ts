import { expect, test } from 'vitest';
import { signInAddress, target } from './target';

const home = '/settings/integrations';

test.each([
  ['/settings/events?type=a#b', '/settings/events?type=a#b'],
  [null, home],
  ['', home],
  ['settings/events', home],
  ['//evil.example/x', home],
  ['/\\evil.example/x', home],
  ['/\t/evil.example', home],
  ['https://evil.example', home],
  ['javascript:alert(1)', home],
  ['/sign-in?to=/sign-in', home],
])('after signing in, %j leads to %s', (to, want) => {
  expect(target(to)).toBe(want);
});

test('the way back survives the sign-in page', () => {
  const from = { pathname: '/settings/deliveries', search: '?state=failed&webhook=wh_1' };
  const address = new URL(signInAddress(from), window.location.origin);
  expect(target(address.searchParams.get('to'))).toBe('/settings/deliveries?state=failed&webhook=wh_1');
  expect(signInAddress({ pathname: '/', search: '' })).toBe('/sign-in');
});
