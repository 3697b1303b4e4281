import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Refresher } from './refresh';
import { pauseOf, staleBy } from './topics';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a storm of changes is a refetch now and one after the pause', async () => {
  const refetch = vi.fn(() => Promise.resolve());
  const refresher = new Refresher(refetch, () => 400);
  for (let i = 0; i < 50; i++) refresher.topic('deliveries');
  expect(refetch).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(401);
  expect(refetch).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(refetch).toHaveBeenCalledTimes(2);
});

test('the next refetch waits for a slow one', async () => {
  let finish = () => undefined as void;
  const refetch = vi.fn(() => new Promise<void>((done) => (finish = done)));
  const refresher = new Refresher(refetch, () => 400);
  refresher.topic('events');
  refresher.topic('events');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(refetch).toHaveBeenCalledTimes(1);
  finish();
  await vi.advanceTimersByTimeAsync(401);
  expect(refetch).toHaveBeenCalledTimes(2);
});

test('a failed refetch does not end it', async () => {
  const refetch = vi.fn(() => Promise.reject(new Error('away')));
  const refresher = new Refresher(refetch, () => 400);
  refresher.topic('events');
  await vi.advanceTimersByTimeAsync(401);
  refresher.topic('events');
  expect(refetch).toHaveBeenCalledTimes(2);
});

test('while nobody looks nothing is fetched, and each topic once afterwards', () => {
  const refetch = vi.fn(() => Promise.resolve());
  const refresher = new Refresher(refetch, () => 400);
  refresher.sleep();
  refresher.topic('events');
  refresher.topic('webhooks');
  refresher.topic('events');
  expect(refetch).not.toHaveBeenCalled();
  refresher.wake();
  expect(refetch.mock.calls.flat()).toEqual(['events', 'webhooks']);
});

test('everything takes the place of single topics', () => {
  const refetch = vi.fn(() => Promise.resolve());
  const refresher = new Refresher(refetch, () => 400);
  refresher.sleep();
  refresher.topic('events');
  refresher.all();
  refresher.wake();
  expect(refetch.mock.calls.flat()).toEqual([null]);
});

test('a topic has a pause of its own', async () => {
  const refetch = vi.fn(() => Promise.resolve());
  const refresher = new Refresher(refetch, pauseOf);
  for (const topic of ['deliveries', 'system', 'deliveries', 'system']) refresher.topic(topic);
  await vi.advanceTimersByTimeAsync(1_900);
  expect(refetch.mock.calls.flat()).toEqual(['deliveries', 'system', 'deliveries']);
  await vi.advanceTimersByTimeAsync(200);
  expect(refetch.mock.calls.flat()).toEqual(['deliveries', 'system', 'deliveries', 'system']);
});

test('a change makes stale what depends on it', () => {
  expect(staleBy('eventTypes')).toEqual(['eventTypes', 'webhooks']);
  expect(staleBy('deliveries')).toEqual(['deliveries', 'system']);
  expect(staleBy('users')).toEqual(['users']);
});
