import { expect, test } from 'vitest';
import { headersWith } from './replacement';

test('the key goes into one header, and the others keep what they hold', () => {
  const names = ['Authorization', 'X-Api-Key'];
  expect(headersWith(names, 'X-Api-Key', 'plain', 'sX_1')).toEqual({ Authorization: null, 'X-Api-Key': 'sX_1' });
  expect(headersWith(names, 'Authorization', 'bearer', 'sX_1')).toEqual({ Authorization: 'Bearer sX_1', 'X-Api-Key': null });
});
