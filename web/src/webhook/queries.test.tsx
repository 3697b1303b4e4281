import { act, fireEvent, renderHook, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { newest, overlay } from './overlay';
import { useToggleWebhook, useWebhooks } from './queries';
import { json, problem, sample, serve, world } from './testing';

afterEach(() => vi.unstubAllGlobals());

function both() {
  return renderHook(() => ({ list: useWebhooks(), toggle: useToggleWebhook() }), { wrapper: world().wrapper });
}

const shown = (view: ReturnType<typeof both>) => view.result.current.list.data?.activeWebhooks[0];

// later is an answer that the test gives when it wants to.
function later() {
  let give: (response: Response) => void = () => undefined;
  const promise = new Promise<Response>((resolve) => (give = resolve));
  return { promise, give: (response: Response) => give(response) };
}

test('a toggle shows before the answer, and stays when it came true', async () => {
  let stored = sample;
  const answer = later();
  serve((asked) => (asked.method === 'PATCH' ? answer.promise : json({ activeWebhooks: [stored], availableEvents: [] })));
  const view = both();
  await waitFor(() => expect(shown(view)?.enabled).toBe(true));

  act(() => view.result.current.toggle.mutate({ id: 'wh_1', enabled: false }));
  await waitFor(() => expect(shown(view)).toMatchObject({ enabled: false, status: 'off' }));

  stored = { ...sample, enabled: false, status: 'off', version: 2 };
  answer.give(json(stored));
  await waitFor(() => expect(view.result.current.toggle.isSuccess).toBe(true));
  expect(shown(view)).toMatchObject({ enabled: false, status: 'off', version: 2 });
});

test('a toggle that is refused goes back, and says why and what to do', async () => {
  const answer = later();
  serve((asked) => (asked.method === 'PATCH' ? answer.promise : json({ activeWebhooks: [sample], availableEvents: [] })));
  const view = both();
  await waitFor(() => expect(shown(view)?.enabled).toBe(true));

  act(() => view.result.current.toggle.mutate({ id: 'wh_1', enabled: false }));
  await waitFor(() => expect(shown(view)?.enabled).toBe(false));
  answer.give(problem(503, 'database-unavailable', 'The database does not answer.'));
  await waitFor(() => expect(shown(view)).toMatchObject({ enabled: true, status: 'active' }));
  expect(await screen.findByText('The webhook was not switched off')).toBeTruthy();
  expect(await screen.findByText('The database does not answer. Do this.')).toBeTruthy();
});

test('a toggle that the server was away for is offered again, until it is made otherwise', async () => {
  let away = true;
  let stored = sample;
  const asked = serve((call) => {
    if (call.method !== 'PATCH') return json({ activeWebhooks: [stored], availableEvents: [] });
    if (away) throw new TypeError('Failed to fetch');
    stored = { ...sample, enabled: false, status: 'off', version: 2 };
    return json(stored);
  });
  const view = both();
  await waitFor(() => expect(shown(view)?.enabled).toBe(true));
  const off = () => act(() => view.result.current.toggle.mutate({ id: 'wh_1', enabled: false }));
  off();
  await screen.findByText('The webhook was not switched off');
  off();
  await waitFor(() => expect(asked.filter((call) => call.method === 'PATCH')).toHaveLength(2));
  await screen.findByRole('button', { name: 'Retry' });
  expect(screen.getAllByText('The webhook was not switched off')).toHaveLength(1);
  away = false;
  fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
  await waitFor(() => expect(shown(view)).toMatchObject({ enabled: false, version: 2 }));
  expect(asked.filter((call) => call.method === 'PATCH').map((call) => call.body)).toEqual(Array(3).fill({ enabled: false }));
  await waitFor(() => expect(screen.queryByText('The webhook was not switched off')).toBeNull());
});

test('a reason that was not stored is not spoken of as a webhook that is on', async () => {
  const off = { ...sample, enabled: false, status: 'off' as const };
  serve((asked) => (asked.method === 'PATCH' ? problem(422, 'webhook-reason-unknown', 'There is no such reason.') : json({ activeWebhooks: [off], availableEvents: [] })));
  const view = both();
  await waitFor(() => expect(shown(view)?.enabled).toBe(false));
  act(() => view.result.current.toggle.mutate({ id: 'wh_1', enabled: false, reason: 'other' }));
  expect(await screen.findByText('The reason was not stored')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Retry' })).toBeNull();
});

test('a list that comes while a toggle is under way does not undo what is shown', async () => {
  const answer = later();
  serve((asked) => (asked.method === 'PATCH' ? answer.promise : json({ activeWebhooks: [sample], availableEvents: [] })));
  const view = both();
  await waitFor(() => expect(shown(view)?.enabled).toBe(true));
  act(() => view.result.current.toggle.mutate({ id: 'wh_1', enabled: false }));
  await waitFor(() => expect(shown(view)?.enabled).toBe(false));
  await act(async () => void (await view.result.current.list.refetch()));
  expect(shown(view)?.enabled).toBe(false);
  answer.give(json({ ...sample, enabled: false, status: 'off', version: 2 }));
});

test('of several wishes for a webhook the newest counts, and others are none of its business', () => {
  const off = { id: 'wh_1', enabled: false };
  expect(overlay(sample, [off, { id: 'wh_1', enabled: true }])).toBe(sample);
  expect(overlay(sample, [{ id: 'wh_1', enabled: true }, off])).toMatchObject({ enabled: false, status: 'off' });
  expect(overlay(sample, [{ id: 'wh_2', enabled: false }])).toBe(sample);
});

test('an answer that is older than the list changes nothing in it', () => {
  const newer = { ...sample, version: 3 };
  expect(newest([newer], { ...sample, version: 2 })).toEqual([newer]);
  expect(newest([sample], newer)).toEqual([newer]);
  expect(newest([sample], { ...sample, id: 'wh_2' }).map((w) => w.id)).toEqual(['wh_1', 'wh_2']);
});
