import { render } from '@testing-library/react';
import { StrictMode } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';
import { gmail } from './fixture';
import { statusType, useReview, type Action } from './review';
import type { Card } from './types';

const track = vi.hoisted(() => vi.fn());
vi.mock('../track', () => ({ track }));
beforeEach(() => track.mockClear());

let act: (action: Action) => void;
function Page({ card }: { card: Card }) {
  act = useReview(card);
  return null;
}

const told = () => track.mock.calls.map(([event, properties]) => [event, (properties as { status_type: string }).status_type, (properties as { action_taken: string }).action_taken]);

test('who leaves the page without doing anything has looked, at what it showed last', async () => {
  const { rerender, unmount } = render(<Page card={gmail} />, { wrapper: StrictMode });
  await Promise.resolve();
  expect(told()).toEqual([]);
  rerender(<Page card={{ ...gmail, health: { status: 'degraded', since: '' } }} />);
  unmount();
  await Promise.resolve();
  expect(told()).toEqual([['integration_status_reviewed', 'degraded', 'none']]);
});

test('who does something is counted by that, each time, and not as one who only looked', async () => {
  const { unmount } = render(<Page card={gmail} />);
  act('tested');
  act('paused');
  unmount();
  await Promise.resolve();
  expect(told().map(([, , action]) => action)).toEqual(['tested', 'paused']);
});

test.each([
  ['Connected', 'healthy', 'healthy'],
  ['Error', 'error', 'error'],
  ['Reconnect needed', 'reauthorize', 'reauthorize'],
  ['Paused', 'healthy', 'Paused'],
  ['Available', undefined, 'Available'],
  ['Connected', undefined, 'Connected'],
] as const)('%s with the health %s is reviewed as %s', (status, health, type) => {
  expect(statusType({ status, enabled: true, health: health && { status: health, since: '' } })).toBe(type);
});
