import { act, renderHook } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { track, useTracked, useTrackingFor } from '.';
import { limits } from './queue';

interface Sent {
  event: string;
  properties: Record<string, unknown>;
}

let sent: Sent[];
let visibility: DocumentVisibilityState;

function show(state: DocumentVisibilityState) {
  visibility = state;
  document.dispatchEvent(new Event('visibilitychange'));
}

const pass = () => act(() => vi.advanceTimersByTimeAsync(limits.wait));

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  visibility = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  vi.stubGlobal('fetch', (_address: string, init: RequestInit) => {
    sent.push(...(JSON.parse(init.body as string) as { events: Sent[] }).events);
    return Promise.resolve(new Response(null, { status: 202 }));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

// View is a page below the session, as the console has it.
function view(length: number | null, person: string | null) {
  return ({ masked, who }: { masked: number | null; who: string | null } = { masked: length, who: person }) => {
    useTracked('api_key_viewed', masked === null ? null : { key_masked_length: masked });
    useTrackingFor(who);
  };
}

describe('useTracked', () => {
  it('tracks once in a page view, when the properties are there', async () => {
    const { rerender } = renderHook(view(null, 'usr_a'), { initialProps: { masked: null as number | null, who: 'usr_a' as string | null } });
    await pass();
    expect(sent).toEqual([]);
    rerender({ masked: 27, who: 'usr_a' });
    rerender({ masked: 27, who: 'usr_a' });
    rerender({ masked: 28, who: 'usr_a' });
    await pass();
    expect(sent).toMatchObject([{ event: 'api_key_viewed', properties: { key_masked_length: 27 } }]);
  });

  it('tracks once under StrictMode, and again in another view', async () => {
    for (const views of [1, 2]) {
      const { unmount } = renderHook(view(27, 'usr_b'), { wrapper: StrictMode });
      await pass();
      expect(sent).toHaveLength(views);
      unmount();
    }
  });

  it('waits until a page that was opened in the background is looked at', async () => {
    show('hidden');
    renderHook(view(27, 'usr_c'));
    await pass();
    expect(sent).toEqual([]);
    act(() => show('visible'));
    await pass();
    expect(sent).toHaveLength(1);
  });

  it('sends nothing while tracking is off', async () => {
    renderHook(view(27, null));
    track('webhook_modal_opened', { existing_webhook_count: 1 });
    await pass();
    expect(sent).toEqual([]);
  });
});

describe('a page that is hidden', () => {
  it('hands what waits to a beacon', async () => {
    const sendBeacon = vi.fn(() => true);
    vi.stubGlobal('navigator', { sendBeacon });
    const { unmount } = renderHook(() => useTrackingFor('usr_d'));
    track('webhook_modal_opened', { existing_webhook_count: 1 });
    show('hidden');
    expect(sendBeacon).toHaveBeenCalledTimes(1);
    window.dispatchEvent(new Event('pagehide'));
    expect(sendBeacon).toHaveBeenCalledTimes(1);
    await pass();
    expect(sent).toEqual([]);
    unmount();
  });
});

describe('the types', () => {
  it('know the catalog', () => {
    const wrong = () => {
      // @ts-expect-error the property has another name
      track('api_key_viewed', { length: 27 });
      // @ts-expect-error the server records this itself
      track('webhook_added', { url_domain: 'example.com', events_selected: [], validation_time: 1 });
      // @ts-expect-error the server records the button
      track('api_key_copied', { copy_method: 'button' });
      // @ts-expect-error no such context
      track('webhook_event_selected', { event_type: 'contact.created', webhook_context: 'list' });
    };
    expect(wrong).toBeTypeOf('function');
  });
});
