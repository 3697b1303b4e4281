import { render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import ConfigurationModal from './ConfigurationModal';
import { json, sample, serve, world } from './testing';

const track = vi.hoisted(() => vi.fn());
vi.mock('../track/track', () => ({ track, trackFor: vi.fn(), watchLeaving: vi.fn() }));

afterEach(() => vi.unstubAllGlobals());

test('each opening is tracked once, with how many webhooks there are', async () => {
  serve(({ path }) => json(path === '/webhooks' ? { activeWebhooks: [sample], availableEvents: sample.events } : { items: [], secret: 'whsec_x' }));
  const on = { onClose: vi.fn(), onAdd: vi.fn(), onEdit: vi.fn(), onList: vi.fn() };
  const modal = (opened: boolean, adding = false) => <ConfigurationModal opened={opened} adding={adding} editing={null} {...on} />;
  const { rerender } = render(modal(false), { wrapper: world().wrapper });
  expect(track).not.toHaveBeenCalled();

  const opening = ['webhook_modal_opened', { existing_webhook_count: 1 }];
  rerender(modal(true));
  await screen.findByText('Active Webhooks');
  rerender(modal(true, true));
  await screen.findByLabelText('Webhook URL');
  rerender(modal(true));
  expect(track.mock.calls).toEqual([opening]);

  rerender(modal(false));
  expect(screen.queryByText('Active Webhooks')).toBeNull();
  rerender(modal(true));
  await screen.findByText('Active Webhooks');
  expect(track.mock.calls).toEqual([opening, opening]);
});
