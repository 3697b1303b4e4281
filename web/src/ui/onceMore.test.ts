import { afterEach, expect, test, vi } from 'vitest';
import { onceMore } from './onceMore';

afterEach(() => vi.useRealTimers());

test('a script that did not come is asked for once more, after a pause', async () => {
  vi.useFakeTimers();
  const load = vi.fn().mockRejectedValueOnce(new TypeError('away')).mockResolvedValue('script');
  const came = onceMore(load)();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await came).toBe('script');
  expect(load).toHaveBeenCalledTimes(2);
});

test('one that does not come then either is an error', async () => {
  vi.useFakeTimers();
  const came = expect(onceMore(() => Promise.reject(new TypeError('away')))()).rejects.toThrow('away');
  await vi.advanceTimersByTimeAsync(2_000);
  await came;
});
