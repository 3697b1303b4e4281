import { fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { json, serve, world } from '../testing';
import { EventChoice } from './EventChoice';
import { begin } from './flow';

const track = vi.hoisted(() => vi.fn());
vi.mock('../../track', () => ({ track }));

const available = ['contact.created', 'contact.updated', 'email.sent'];

beforeEach(() => {
  track.mockClear();
  serve(({ path }) => json(path === '/webhooks' ? { activeWebhooks: [], availableEvents: available } : { items: [] }));
});
afterEach(() => vi.unstubAllGlobals());

function Choice({ context, first }: { context: 'add' | 'edit'; first: string[] }) {
  const [events, setEvents] = useState(first);
  return <EventChoice flow={begin({ events })} context={context} onChange={setEvents} />;
}

async function show(context: 'add' | 'edit', ...first: string[]) {
  render(<Choice context={context} first={first} />, { wrapper: world().wrapper });
  await screen.findByLabelText('email.sent');
}

const click = (name: string) => fireEvent.click(screen.getByLabelText(name));
const chosen = () => available.filter((event) => screen.getByLabelText<HTMLInputElement>(event).checked);

test.each(['add', 'edit'] as const)('each event that is selected is tracked, with where: %s', async (context) => {
  await show(context, 'contact.created');
  click('email.sent');
  click('email.sent'); // taken back
  click('contact.created');
  expect(chosen()).toEqual([]);
  expect(track.mock.calls).toEqual([['webhook_event_selected', { event_type: 'email.sent', webhook_context: context }]]);
});

test('"Select all" selects those that are missing, and then takes all back', async () => {
  await show('add', 'contact.updated');
  click('Select all');
  expect(chosen()).toEqual(available);
  expect(track.mock.calls.map(([, properties]) => (properties as { event_type: string }).event_type)).toEqual(['contact.created', 'email.sent']);
  click('Select all');
  expect(chosen()).toEqual([]);
  expect(track).toHaveBeenCalledTimes(2);
});
