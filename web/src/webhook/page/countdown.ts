const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

// Left is the time until a moment, cut into what a clock shows.
export interface Left {
  days: number;
  clock: string; // "03:14:05"
}

// left gives the time from now to a moment, in whole seconds rounded up, so that
// it shows 0 only when the moment is there; null from then on.
export function left(until: Date, now: number): Left | null {
  const ms = Math.ceil((until.getTime() - now) / second) * second;
  if (!(ms > 0)) return null;
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = [Math.floor((ms % day) / hour), Math.floor((ms % hour) / minute), Math.floor((ms % minute) / second)];
  return { days: Math.floor(ms / day), clock: clock.map(two).join(':') };
}

// untilTick is how long the shown second lasts.
export function untilTick(until: Date, now: number): number {
  const rest = (until.getTime() - now) % second;
  return rest > 0 ? rest : second;
}
