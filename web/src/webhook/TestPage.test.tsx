import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { serve, show, systemAdmin, utilityAdmin, type Reply } from '../system/fixture';
import TestPage from './TestPage';

const at = '2026-11-28T10:00:00Z';
const webhook = {
  id: 'wh_1',
  url: 'https://a.example/hook',
  description: '',
  events: ['contact.created'],
  format: 'standard',
  enabled: true,
  status: 'active',
  statusSince: at,
  health: { ok: true, failures: 0 },
  hasHeaders: false,
  created: at,
  updated: at,
  version: 1,
};
const types = [
  { type: 'email.sent', description: '', strict: false, builtIn: true, example: { id: 'e' } },
  { type: 'contact.created', description: '', strict: false, builtIn: true, example: { id: '1' } },
];
const result = {
  ok: true,
  durationMs: 12,
  type: 'contact.created',
  messageId: 'msg_1',
  at,
  url: webhook.url,
  status: 204,
  timing: { dnsMs: 1, connectMs: 1, tlsMs: 2, firstByteMs: 10, totalMs: 12, reused: false },
  request: { headers: { 'X-Key': ['***'] }, body: '{"type":"contact.created"}' },
  response: { headers: { Server: ['test'] }, body: 'thanks' },
};

function open(permissions: string[], answers: Reply[] = [{ body: result }]) {
  const asked = serve({
    'GET /api/v1/webhooks/wh_1': { body: webhook },
    'GET /api/v1/event-types': { body: { items: types } },
    'POST /api/v1/webhooks/wh_1/test': () => answers.shift() ?? { body: result },
  });
  show(<TestPage />, permissions, { at: '/settings/webhooks/wh_1/test', path: '/settings/webhooks/:id/test' });
  return () => asked.filter((a) => a.call.startsWith('POST')).map((a) => a.body);
}

const payload = () => screen.findByRole<HTMLTextAreaElement>('textbox', { name: /Payload/ });
const sendButton = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Send test event' });

test('the example of a type that the webhook gets is sent as it is', async () => {
  const posted = open(systemAdmin);
  expect((await payload()).value).toBe('{\n  "id": "1"\n}');
  fireEvent.click(sendButton());
  expect(await screen.findByText(/^Accepted with 204 · 12/)).toBeTruthy();
  expect(posted()).toEqual(['{"type":"contact.created"}']);
  expect(screen.getByText('x-key: ***')).toBeTruthy();
  expect(screen.getByText('thanks')).toBeTruthy();
});

test('a payload of one’s own goes out as typed, and mistakes are shown where they are', async () => {
  const posted = open(systemAdmin);
  const field = await payload();
  fireEvent.change(field, { target: { value: '{\n  "n": 1,\n}' } });
  expect(screen.getByText(/^Line 2, column 9: a comma with nothing after it/)).toBeTruthy();
  expect(sendButton().disabled).toBe(true);
  fireEvent.change(field, { target: { value: '{"n": 12345678901234567890}' } });
  fireEvent.keyDown(field, { key: 'Enter', ctrlKey: true });
  await waitFor(() => expect(posted()).toEqual(['{"type":"contact.created","data":{"n": 12345678901234567890}}']));
});

test('what could not be sent is offered again, with what was typed', async () => {
  const posted = open(systemAdmin, ['offline', { body: result }]);
  fireEvent.change(await payload(), { target: { value: '{"kept": true}' } });
  fireEvent.click(sendButton());
  fireEvent.click(await screen.findByRole('button', { name: 'Retry' }));
  await screen.findByText(/^Accepted with 204 · 12/);
  expect(posted()).toEqual(Array(2).fill('{"type":"contact.created","data":{"kept": true}}'));
  expect((await payload()).value).toBe('{"kept": true}');
});

test('what was sent stays at hand until the page is left', async () => {
  const failed = { ...result, ok: false, status: 503, cause: 'status', message: 'Webhook endpoint unreachable', detail: 'It answered 503.', guidance: 'Look into the log.' };
  open(systemAdmin, [{ body: result }, { body: failed }]);
  await payload();
  fireEvent.click(sendButton());
  await screen.findByRole('heading', { name: 'Sent from this page' });
  fireEvent.click(sendButton());
  expect(await screen.findByText('Look into the log.')).toBeTruthy();
  expect(screen.getByText('status_5xx')).toBeTruthy();
  const rows = screen.getAllByRole('button', { name: /contact\.created/ });
  expect(rows).toHaveLength(2);
  fireEvent.click(rows[1] as HTMLElement);
  expect(screen.queryByText('Look into the log.')).toBeNull();
});

test('a utility admin sees status, time and class, and no exchange', async () => {
  open(utilityAdmin, [{ body: { ...result, request: undefined, response: undefined } }]);
  await payload();
  fireEvent.click(sendButton());
  await screen.findByText(/^Accepted with 204 · 12/);
  expect(screen.getByText('204')).toBeTruthy();
  expect(screen.getByText(/shown to system administrators only/)).toBeTruthy();
  expect(screen.queryByText('No answer came.')).toBeNull();
});
