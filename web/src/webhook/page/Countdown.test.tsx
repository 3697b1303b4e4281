import { MantineProvider } from '@mantine/core';
import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { t } from '../../text';
import { Countdown } from './Countdown';

const start = new Date('2026-03-01T12:00:00Z').getTime();
const show = (seconds: number) =>
  render(<Countdown until={new Date(start + seconds * 1_000)} />, {
    wrapper: ({ children }) => <MantineProvider env="test">{children}</MantineProvider>,
  });

beforeEach(() => {
  vi.useFakeTimers({ now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

it('ticks every second, and ends', () => {
  show(3);
  const timer = screen.getByRole('timer');
  expect(timer.textContent).toBe('00:00:03');
  act(() => vi.advanceTimersByTime(1_010));
  expect(timer.textContent).toBe('00:00:02');
  act(() => vi.advanceTimersByTime(2_010));
  expect(screen.queryByRole('timer')).toBeNull();
  expect(screen.getByRole('status').textContent).toBe(t.webhookPage.secret.ended);
  expect(vi.getTimerCount()).toBe(0);
});

it('follows another end', () => {
  const { rerender } = show(60);
  rerender(<Countdown until={new Date(start + 2 * 86_400_000)} />);
  expect(screen.getByRole('timer').textContent).toBe('2 days 00:00:00');
});
