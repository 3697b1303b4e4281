import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Tracked } from './queue';
import { transport } from './transport';

const batch: Tracked[] = [{ event: 'api_key_viewed', properties: { key_masked_length: 27 }, timestamp: '2026-11-28T10:00:00.000Z' }];

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('post', () => {
  it.each([
    [202, 'stored'],
    [204, 'off'],
    [401, 'refused'],
    [422, 'refused'],
    [429, 'refused'],
    [500, 'away'],
    [503, 'away'],
  ] as const)('takes %i for %s', async (status, outcome) => {
    const fetch = vi.fn((_address: string, _init: RequestInit) => Promise.resolve(new Response(null, { status })));
    vi.stubGlobal('fetch', fetch);
    expect(await transport.post(batch)).toBe(outcome);
    const [address, init] = fetch.mock.calls[0] ?? [];
    expect(address).toBe('/api/v1/tracking');
    expect(init).toMatchObject({ method: 'POST', keepalive: true, credentials: 'same-origin' });
    expect(JSON.parse(init?.body as string)).toEqual({ events: batch });
  });

  it('takes a network failure for away, and never throws', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await transport.post(batch)).toBe('away');
    vi.stubGlobal('fetch', () => {
      throw new Error('no fetch');
    });
    expect(await transport.post(batch)).toBe('away');
  });
});

describe('beacon', () => {
  it('sends JSON', async () => {
    const sendBeacon = vi.fn((_address: string, _body: Blob) => true);
    vi.stubGlobal('navigator', { sendBeacon });
    expect(transport.beacon(batch)).toBe(true);
    const [address, body] = sendBeacon.mock.calls[0] ?? [];
    expect(address).toBe('/api/v1/tracking');
    expect(body?.type).toBe('application/json');
    expect(body?.size).toBe(JSON.stringify({ events: batch }).length);
  });

  it('says so when the browser does not take it, or has none', () => {
    vi.stubGlobal('navigator', { sendBeacon: () => false });
    expect(transport.beacon(batch)).toBe(false);
    vi.stubGlobal('navigator', {});
    expect(transport.beacon(batch)).toBe(false);
  });
});
