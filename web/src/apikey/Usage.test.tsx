import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { t } from '../text';
import { answer, keyView, show } from './fixture';
import { Usage } from './Usage';

const words = t.apikey.usage;
const figure = (name: string) => screen.getByText(name).nextElementSibling?.textContent;

test('what is not known yet is a dash, and then the figures', async () => {
  answer({ 'GET /api/v1/api-key': { body: keyView } });
  show(<Usage />, { role: 'utility_admin' });
  expect(figure(words.total)).toContain('–');
  expect(figure(words.last)).toContain('–');
  await waitFor(() => expect(figure(words.total)).toBe('15,420'));
  expect(screen.getByText(words.limited)).toBeTruthy();
});

test('a key that nobody has used says so', async () => {
  answer({ 'GET /api/v1/api-key': { body: { ...keyView, usage: { totalCalls: 0 } } } });
  show(<Usage />, { role: 'utility_admin' });
  await waitFor(() => expect(figure(words.last)).toBe(words.never));
  expect(figure(words.total)).toBe('0');
});
