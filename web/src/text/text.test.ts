import { expect, test } from 'vitest';
import { pick } from '.';

test('the first language that has a catalog is taken, and English else', () => {
  expect(pick(['tlh', 'en-GB']).code).toBe('en');
  expect(pick([]).code).toBe('en');
});
