import { Accordion, MantineProvider } from '@mantine/core';
import { render, screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Schemas } from '../api';
import { SessionContext, type Session } from '../session/context';
import { t } from '../text';
import { Attempt } from './Attempt';

const attempt: Schemas['AttemptView'] = {
  id: 'att_1',
  number: 1,
  at: '2026-03-01T12:00:00Z',
  status: 500,
  class: 'status_5xx',
  detail: 'The server answered 500: the receiver has a fault of its own.',
  guidance: 'Look into the log.',
  timing: { dnsMs: 1, connectMs: 2, tlsMs: 3, firstByteMs: 10, totalMs: 12, reused: false },
};

const full: Schemas['AttemptView'] = {
  ...attempt,
  request: { headers: { 'Webhook-Id': ['evt_1'] }, body: '{"type":"contact.created","n":12345678901234567890}' },
  response: { headers: { 'Content-Type': ['text/plain'] }, body: 'broken <b>', truncated: true },
};

function show(value: Schemas['AttemptView'], bodies: boolean) {
  const session = { can: (p: string) => p !== 'delivery.bodies' || bodies } as Session;
  render(
    <MantineProvider env="test">
      <SessionContext value={session}>
        <Accordion multiple defaultValue={[value.id]}>
          <Attempt attempt={value} />
        </Accordion>
      </SessionContext>
    </MantineProvider>,
  );
}

describe('Attempt', () => {
  it('shows the response before the request, and long numbers whole', () => {
    show(full, true);
    const headings = screen.getAllByRole('heading').map((h) => h.textContent);
    expect(headings.indexOf('Response: Status 500')).toBeLessThan(headings.indexOf('Request'));
    expect(headings.indexOf('Response: Status 500')).toBeGreaterThan(0);
    expect(screen.getByText(/webhook-id: evt_1/)).toBeTruthy();
    expect(screen.getByText(/12345678901234567890/)).toBeTruthy();
    expect(screen.getByText('broken <b>')).toBeTruthy();
    expect(screen.getByText(t.delivery.attempt.truncated)).toBeTruthy();
  });

  it('shows status, timing, class and guidance to whoever may not see bodies, and the reason', () => {
    show(attempt, false);
    expect(screen.getByText('Receiver failed with 500')).toBeTruthy();
    expect(screen.getByText('Look into the log.')).toBeTruthy();
    expect(screen.getByText(t.delivery.attempt.hidden)).toBeTruthy();
    expect(screen.queryByText(/Request/)).toBeNull();
  });

  it('gives the bar a text alternative', () => {
    show(attempt, false);
    const bar = screen.getByRole('img');
    expect(bar.getAttribute('aria-label')).toBe('Total 12 ms: DNS 1 ms, Connect 2 ms, TLS 3 ms, First byte 4 ms, Rest of the answer 2 ms');
    expect(within(bar).queryAllByText(/./)).toEqual([]);
  });
});
