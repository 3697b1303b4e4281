import { screen, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { answer, show } from '../apikey/fixture';
import { WebhookSummary } from './WebhookSummary';

const webhook = (status: string) => ({ id: status, status, enabled: status !== 'off', health: { ok: true, failures: 0 } });
const list = (...statuses: string[]) => ({ body: { activeWebhooks: statuses.map(webhook), availableEvents: [] } });
const line = () => screen.getByText(/delivery/, { selector: 'p' }).textContent;

test('the line names all counts and the last delivery', async () => {
  const updated = new Date(Date.now() - 3 * 60_000).toISOString();
  answer({
    'GET /api/v1/webhooks': list('active', 'active', 'failing', 'off', 'disabled'),
    'GET /api/v1/deliveries': { body: { items: [{ updated }] } },
  });
  show(<WebhookSummary onConfigure={vi.fn()} />);
  await waitFor(() => expect(line()).toBe('2 active, 1 failing, 1 off, 1 disabled, last delivery 3 minutes ago'));
});

test('without webhooks and deliveries it says so', async () => {
  answer({ 'GET /api/v1/webhooks': list(), 'GET /api/v1/deliveries': { body: { items: [] } } });
  show(<WebhookSummary onConfigure={vi.fn()} />);
  await waitFor(() => expect(line()).toBe('0 active, 0 failing, 0 off, 0 disabled, no delivery yet'));
});

test('what is not known yet is a dash, not 0', () => {
  answer({});
  show(<WebhookSummary onConfigure={vi.fn()} />);
  expect(line()).not.toMatch(/\d/);
  expect(line()).toContain('–');
});
