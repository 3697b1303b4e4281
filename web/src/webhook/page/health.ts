import type { Schemas } from '../../api';

export type Statistics = Schemas['StatisticsView'];

export interface Point {
  hour: string; // as the axis shows it
  start: string; // RFC 3339
  succeeded: number;
  failed: number;
}

// pointsOf makes the bars of the chart, an hour each.
export function pointsOf(hours: Statistics['hours'], locale?: string): Point[] {
  const format = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  return hours.map(({ start, attempts, failures }) => ({
    hour: format.format(new Date(start)),
    start,
    succeeded: attempts - failures,
    failed: failures,
  }));
}

// percent writes a share so that it says 100 % only when nothing failed, and 0 %
// only when nothing succeeded.
export function percent(share: number, locale?: string): string {
  const write = (value: number, digits: number) =>
    new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(value);
  if (share > 0.999 && share < 1) return write(0.999, 1);
  if (share > 0 && share < 0.001) return write(0.001, 1);
  return write(share, 1);
}
