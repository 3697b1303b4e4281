import { expect, test, vi } from 'vitest';
import { ApiProblem, Offline } from '../api';
import { lookAgain, regenerate, type Steps } from './regeneration';

const problem = (status: number) => new ApiProblem({ type: '/problems/x', title: 'X', status, detail: 'It failed.' });
const key = { apiKey: 'sX_new', maskedDisplay: 'new' };

function steps(change: Partial<Steps> = {}): Steps {
  return { masked: () => Promise.resolve('old'), confirm: () => Promise.resolve('token'), replace: () => Promise.resolve(key), ...change };
}

test('the token of the confirmation is used, and the new key comes back', async () => {
  const replace = vi.fn(() => Promise.resolve(key));
  expect(await regenerate(steps({ replace }))).toEqual({ kind: 'done', key });
  expect(replace).toHaveBeenCalledWith('token');
});

test('nothing is replaced when the password is refused', async () => {
  const error = problem(422);
  const replace = vi.fn();
  expect(await regenerate(steps({ confirm: () => Promise.reject(error), replace }))).toEqual({ kind: 'refused', error });
  expect(replace).not.toHaveBeenCalled();
});

test('a refusal of the replacement leaves the old key', async () => {
  const error = problem(403);
  expect(await regenerate(steps({ replace: () => Promise.reject(error) }))).toEqual({ kind: 'refused', error });
});

test.each([new Offline(), problem(500)])('after %s the masked key tells what happened', async (error) => {
  const replace = () => Promise.reject(error);
  expect(await regenerate(steps({ replace }))).toEqual({ kind: 'refused', error });

  const masked = vi.fn().mockResolvedValueOnce('old').mockResolvedValueOnce('new');
  expect(await regenerate(steps({ replace, masked }))).toEqual({ kind: 'replaced', error });
});

test('while the server stays away nothing is claimed, and one can look again', async () => {
  const error = new Offline();
  const masked = vi.fn().mockResolvedValueOnce('old').mockRejectedValue(new Offline());
  const outcome = await regenerate(steps({ replace: () => Promise.reject(error), masked }));
  expect(outcome).toEqual({ kind: 'unknown', error, before: 'old' });
  expect(await lookAgain('old', error, () => Promise.resolve('new'))).toEqual({ kind: 'replaced', error });
  expect(await lookAgain('old', error, () => Promise.resolve('old'))).toEqual({ kind: 'refused', error });
});
