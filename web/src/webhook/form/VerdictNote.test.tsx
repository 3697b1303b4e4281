import { fireEvent, render, screen } from '@testing-library/react';
import { createRef, useReducer } from 'react';
import { expect, test } from 'vitest';
import { world } from '../testing';
import { begin, next, type Flow, type Start, type Verdict } from './flow';
import { UrlField } from './UrlField';

const url = 'https://your-api.com/webhooks';
const failed = (cause: Verdict['cause'], detail: string): Verdict => ({ ok: false, durationMs: 5, cause, message: 'Webhook endpoint unreachable', detail });

function Field({ start }: { start: Flow }) {
  const [flow, dispatch] = useReducer(next, start);
  return <UrlField flow={flow} dispatch={dispatch} input={createRef<HTMLInputElement>()} waiting={false} offText="" />;
}

// judged shows the field after the endpoint was asked, and this came of it.
function judged(verdict: Verdict, start: Start = {}) {
  const reaching = next(begin({ url, ...start }), { type: 'left' });
  render(<Field start={next(reaching, { type: 'judged', ticket: reaching.ticket, verdict })} />, { wrapper: world().wrapper });
}

test.each([
  ['dns', 'The name your-api.com does not resolve.', /Check the host name/],
  ['address_refused', 'The address 10.0.0.1 is not public.', /address on the public internet, or ask whoever runs this server/],
  ['connect', 'The connection was refused.', /server is running, that the port is right/],
  ['tls', 'The certificate has expired.', /Check the certificate/],
  ['timeout', 'No answer came within 15 s.', /must answer in time/],
  ['status', 'The server answered 500.', /from 200 to 299/],
  ['status', 'The server answered 401: reached, but it refused the request.', /give it the signing secret below and try again/],
  ['status', 'The server answered 403: reached, but it refused the request.', /save the webhook switched off/],
] as const)('a failure by %s has its message, "%s", what to do, and Retry', (cause, detail, guidance) => {
  judged(failed(cause, detail));
  const alert = screen.getByRole('alert');
  expect(alert.textContent).toContain('Webhook endpoint unreachable');
  expect(alert.textContent).toContain(detail);
  expect(alert.textContent).toMatch(guidance);
  fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
  screen.getByText('Sending a signed test request…');
});

test.each([
  ['a webhook that there is', { base: 'https://your-api.com/before' }, /needs the signing secret of this webhook/],
  ['a chat', { format: 'slack' }, /Copy it from the receiver once more/],
] as const)('what to do when %s refuses the request does not speak of a secret that is not there', (_, start, guidance) => {
  judged(failed('status', 'The server answered 403: reached, but it refused the request.'), start);
  expect(screen.getByRole('alert').textContent).toMatch(guidance);
  expect(screen.getByRole('alert').textContent).not.toContain('below');
});

test('a button that is gone with the verdict does not take the focus with it', () => {
  judged(failed('status', 'The server answered 500.'));
  const retry = screen.getByRole('button', { name: 'Retry' });
  retry.focus();
  fireEvent.click(retry);
  expect(retry.isConnected).toBe(false);
  expect(document.activeElement?.contains(screen.getByRole('button', { name: 'Cancel check' }))).toBe(true);
  expect(document.activeElement).not.toBe(document.body);
});
