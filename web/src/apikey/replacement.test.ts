import { expect, test } from 'vitest';
import { headersWith } from './replacement';

test('the key goes into one header as the old one stood there, and the others keep what they hold', () => {
  const names = ['Authorization', 'X-Api-Key'];
  expect(headersWith(names, { header: 'X-Api-Key', form: 'alone' }, 'sX_1')).toEqual({ Authorization: null, 'X-Api-Key': 'sX_1' });
  expect(headersWith(names, { header: 'Authorization', form: 'bearer' }, 'sX_1')).toEqual({ Authorization: 'Bearer sX_1', 'X-Api-Key': null });
});
