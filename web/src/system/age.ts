// How long lanes have waited, by the server's clock.

export const ages = ['later', 'minute', 'ten', 'hour', 'longer'] as const;
export type Age = (typeof ages)[number]; // not due yet; up to a minute, ten, an hour; longer

const minute = 60_000;

export interface Waiting {
  ms: number; // since it is due; negative: it will be
  age: Age;
}

export function waitingOf(oldest: string, now: string): Waiting {
  const ms = new Date(now).getTime() - new Date(oldest).getTime();
  return { ms, age: ageOf(ms) };
}

function ageOf(ms: number): Age {
  if (ms < 0) return 'later';
  if (ms < minute) return 'minute';
  if (ms < 10 * minute) return 'ten';
  return ms < 60 * minute ? 'hour' : 'longer';
}

// byAge counts lanes.
export function byAge(lanes: readonly { oldest: string }[], now: string): Record<Age, number> {
  const n: Record<Age, number> = { later: 0, minute: 0, ten: 0, hour: 0, longer: 0 };
  for (const lane of lanes) n[waitingOf(lane.oldest, now).age]++;
  return n;
}
