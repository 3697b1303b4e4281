import { afterEach, expect, test, vi } from 'vitest';
import { api, ApiProblem, data, isAway, Offline, onSessionEnd } from '.';

afterEach(() => void vi.unstubAllGlobals());

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/problem+json', ...headers } })));
}

const caught = (p: Promise<unknown>) => p.then(() => undefined, (error: unknown) => error);

test('a refusal is an ApiProblem with its fix, its fields and its own members', async () => {
  answer(429, { type: '/problems/limited', title: 'Limited', status: 429, detail: 'Too many.', fix: 'Wait.', cause: 'dns', errors: [{ location: 'body.url', message: 'is bad' }] }, { 'Retry-After': '7' });
  const error = await caught(data(api.GET('/api/v1/webhooks')));
  expect(error).toBeInstanceOf(ApiProblem);
  expect(error).toMatchObject({ status: 429, title: 'Limited', detail: 'Too many.', fix: 'Wait.', retryAfter: 7, body: { cause: 'dns' } });
  expect((error as ApiProblem).field('body.url')).toBe('is bad');
  expect((error as ApiProblem).is('limited')).toBe(true);
});

test('no answer is Offline', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
  const error = await caught(data(api.GET('/api/v1/webhooks')));
  expect(error).toBeInstanceOf(Offline);
  expect(isAway(error)).toBe(true);
});

test("a proxy's page in place of an answer is away, not a crash", async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 })));
  expect(isAway(await caught(data(api.GET('/api/v1/webhooks'))))).toBe(true);
});

test('an ended session is told, a wrong password is not', async () => {
  const ended = vi.fn();
  const forget = onSessionEnd(ended);
  answer(401, { type: '/problems/sign-in-refused', title: '', status: 401, detail: '' });
  await caught(data(api.POST('/api/v1/session', { body: { email: 'a@b.c', password: 'x' } })));
  expect(ended).not.toHaveBeenCalled();
  answer(401, { type: '/problems/session-ended', title: '', status: 401, detail: '' });
  await caught(data(api.GET('/api/v1/webhooks')));
  expect(ended).toHaveBeenCalledTimes(1);
  forget();
  await caught(data(api.GET('/api/v1/webhooks')));
  expect(ended).toHaveBeenCalledTimes(1);
});
