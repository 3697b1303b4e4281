import { render } from '@testing-library/react';
import { expect, test } from 'vitest';
import { world } from '../testing';
import { Failures } from './Failures';

const firstFailure = new Date(Date.now() - 7_500_000).toISOString();
const lastSuccess = '2026-11-28T10:00:00Z';

test.each([
  [{ failures: 1, firstFailure }, '1 try has failed, 2 hours ago'],
  [{ failures: 8, firstFailure }, '8 tries have failed, the first 2 hours ago'],
  [{ failures: 1, firstFailure, lastSuccess }, '1 try has failed since the last success, 2 hours ago'],
  [{ failures: 1234, firstFailure, lastSuccess }, '1,234 tries have failed since the last success, the first 2 hours ago'],
  [{ failures: 8 }, '8 tries have failed'],
])('%j: %s', (health, words) => {
  const { wrapper } = world();
  const { container } = render(<p><Failures health={{ ok: false, ...health }} /></p>, { wrapper });
  expect(container.querySelector('p')?.textContent).toBe(words);
});
