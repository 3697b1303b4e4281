import type { Outcome, Tracked, Transport } from './queue';

const address = '/api/v1/tracking';

// This is not the client of api/: an answer of 401 to a report in the background
// must not lead anybody away from their page.
async function post(batch: Tracked[]): Promise<Outcome> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      credentials: 'same-origin',
      keepalive: true,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ events: batch }),
    });
    if (response.status === 204) return 'off';
    if (response.status >= 500) return 'away';
    return response.ok ? 'stored' : 'refused';
  } catch {
    return 'away';
  }
}

function beacon(batch: Tracked[]): boolean {
  try {
    return navigator.sendBeacon(address, new Blob([JSON.stringify({ events: batch })], { type: 'application/json' }));
  } catch {
    return false;
  }
}

export const transport: Transport = { post, beacon };
