import type { Schemas } from '../api/client';

export type Timing = Schemas['TimingView'];

export const phases = ['dns', 'connect', 'tls', 'wait', 'read'] as const;
export type Phase = (typeof phases)[number];

export interface Segment {
  phase: Phase;
  ms: number;
  share: number; // of the total, 0 to 1
}

// segmentsOf cuts a request's time into what it was spent on. The API counts
// the first byte and the total from the start, the rest each for itself.
export function segmentsOf(timing: Timing): Segment[] {
  const before = timing.dnsMs + timing.connectMs + timing.tlsMs;
  const answered = timing.firstByteMs > 0;
  const total = Math.max(timing.totalMs, timing.firstByteMs, before);
  if (total <= 0) return [];
  const ms: Record<Phase, number> = {
    dns: timing.dnsMs,
    connect: timing.connectMs,
    tls: timing.tlsMs,
    wait: Math.max(0, (answered ? timing.firstByteMs : total) - before),
    read: answered ? Math.max(0, total - timing.firstByteMs) : 0,
  };
  return phases.filter((p) => ms[p] > 0).map((phase) => ({ phase, ms: ms[phase], share: ms[phase] / total }));
}

// duration writes milliseconds as people read them, in the browser's locale.
export function duration(ms: number, locale?: string): string {
  const [value, unit, digits] =
    ms >= 60_000 ? [ms / 60_000, 'minute', 1] : ms >= 1000 ? [ms / 1000, 'second', 1] : [ms, 'millisecond', ms < 1 ? 2 : ms < 10 ? 1 : 0];
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: unit as string,
    unitDisplay: 'short',
    maximumFractionDigits: digits as number,
  }).format(value as number);
}
