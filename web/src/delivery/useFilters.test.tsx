import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter, useLocation, useNavigationType } from 'react-router';
import { expect, test } from 'vitest';
import { deliveryFilters, noFilters } from './filter';
import { useFilters } from './useFilters';

function open(at: string) {
  const wrapper = ({ children }: { children: ReactNode }) => <MemoryRouter initialEntries={[`/list${at}`]}>{children}</MemoryRouter>;
  const view = renderHook(() => ({ list: useFilters(deliveryFilters), search: useLocation().search, by: useNavigationType() }), { wrapper });
  return () => view.result.current;
}

test.each([
  ['', false, 0],
  ['?delivery=dlv_1', false, 0],
  ['?state=nonsense', false, 0],
  ['?text=ada', true, 0],
  ['?range=24h', true, 1],
  ['?since=2026-02-01T00:00:00Z&until=2026-02-02T00:00:00Z', true, 1],
  ['?state=failed&type=contact.created&text=ada&range=7d', true, 3],
])('the address "%s" filters: %s, and sets %i beside the search', (at, filtered, set) => {
  expect(open(at)().list).toMatchObject({ filtered, set });
});

test('a change goes into the address, and leaves the rest of it alone', () => {
  const now = open('?delivery=dlv_1&type=email.sent');
  act(() => now().list.change({ state: 'failed' }));
  expect(now()).toMatchObject({ search: '?delivery=dlv_1&type=email.sent&state=failed', by: 'PUSH', list: { filters: { state: 'failed', type: 'email.sent' } } });
  act(() => now().list.change(noFilters));
  expect(now().search).toBe('?delivery=dlv_1');
});

test('what is typed takes no step of the history', () => {
  const now = open('');
  act(() => now().list.change({ text: 'ada' }));
  expect(now()).toMatchObject({ search: '?text=ada', by: 'REPLACE' });
});

test('of two changes at once neither is lost', () => {
  const now = open('?delivery=dlv_1');
  act(() => {
    const { change } = now().list;
    change({ state: 'failed' });
    change({ text: 'ada' });
  });
  expect(now().search).toBe('?delivery=dlv_1&state=failed&text=ada');
});
