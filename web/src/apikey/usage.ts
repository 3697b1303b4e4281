import type { Schemas } from '../api';

export type Range = '24h' | '7d' | '30d' | '90d';
export const ranges: Range[] = ['24h', '7d', '30d', '90d'];

export function rangeOf(text: string | null): Range {
  return ranges.find((r) => r === text) ?? '7d';
}

const hour = 3_600_000;
const day = 24 * hour;

const windows: Record<Range, { by: 'hour' | 'day'; step: number; buckets: number }> = {
  '24h': { by: 'hour', step: hour, buckets: 24 },
  '7d': { by: 'hour', step: hour, buckets: 7 * 24 },
  '30d': { by: 'day', step: day, buckets: 30 },
  '90d': { by: 'day', step: day, buckets: 90 },
};

export function stepOf(range: Range): 'hour' | 'day' {
  return windows[range].by;
}

// sinceOf is the start of the first bucket, so that every bucket is whole but
// the current one. The server's buckets are hours and days of UTC.
export function sinceOf(range: Range, now: number): Date {
  const { step, buckets } = windows[range];
  return new Date(Math.floor(now / step) * step - (buckets - 1) * step);
}

export interface Point {
  start: number; // milliseconds
  calls: number;
}

// seriesOf fills the buckets without calls, which the server leaves out. A
// bucket that this browser's clock does not reach yet is kept.
export function seriesOf(items: Schemas['KeyCalls'][], range: Range, now: number): Point[] {
  const { step } = windows[range];
  const calls = new Map<number, number>();
  let last = Math.floor(now / step) * step;
  for (const item of items) {
    const start = Date.parse(item.start ?? '');
    if (Number.isNaN(start)) continue;
    calls.set(start, (calls.get(start) ?? 0) + item.calls);
    last = Math.max(last, start);
  }
  const points: Point[] = [];
  for (let start = sinceOf(range, now).getTime(); start <= last; start += step) {
    points.push({ start, calls: calls.get(start) ?? 0 });
  }
  return points;
}

export function totalOf(items: { calls: number }[]): number {
  return items.reduce((sum, item) => sum + item.calls, 0);
}
