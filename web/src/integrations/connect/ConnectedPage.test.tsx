import { screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answer, problem, show } from '../../apikey/fixture';
import { t } from '../../text';
import { openAttempt, slackDetail } from '../fixture';
import type { Attempt } from '../types';
import ConnectedPage from './ConnectedPage';

const words = t.connect;
const close = vi.fn();
beforeEach(() => {
  close.mockClear();
  vi.stubGlobal('close', close);
});
afterEach(() => vi.unstubAllGlobals());

const land = (attempt: Partial<Attempt>, at = '/connected?integration=slack&attempt=cat_1') => {
  answer({
    'GET /api/v1/integrations/slack': { body: slackDetail },
    'GET /api/v1/integrations/slack/attempts/cat_1': { body: { ...openAttempt, ...attempt } },
  });
  return show(<ConnectedPage />, { at });
};

test('says that it is connected, and closes the window', async () => {
  land({ status: 'succeeded' });
  await screen.findByText(words.landed.done('Slack'));
  expect(close).toHaveBeenCalledTimes(1);
  expect(screen.getByRole('link', { name: words.landed.back }).getAttribute('href')).toBe('/settings/integrations?connect=slack&attempt=cat_1');
});

test.each([
  ['denied', words.outcome.denied],
  ['failed', words.outcome.failed],
  ['other_account', words.outcome.other_account],
] as const)('says what else came of it: %s', async (status, text) => {
  land({ status });
  await screen.findByText(text);
  await waitFor(() => expect(close).toHaveBeenCalledTimes(1));
});

test('an address without an attempt says so, and asks for nothing', async () => {
  land({}, '/connected?integration=slack');
  await screen.findByText(words.landed.unknown);
  expect(globalThis.fetch).not.toHaveBeenCalled();
  expect(close).not.toHaveBeenCalled();
});

test('who is not signed in is told so', async () => {
  answer({ 'GET /api/v1/integrations/slack/attempts/cat_1': problem(401, 'not-signed-in', 'Sign in.') });
  show(<ConnectedPage />, { at: '/connected?integration=slack&attempt=cat_1' });
  await screen.findByText(words.landed.signIn);
  expect(close).not.toHaveBeenCalled();
});
