import type { Schemas } from '../api';

export type Disk = Schemas['DiskView'];

const scarce = 0.1; // of the whole
const scarceBytes = 1 << 30;

export interface Room {
  used: number; // 0 to 1
  low: boolean;
}

// roomOf says how full the disk is; null where the server does not know. Low is
// less than a tenth, unless that is plenty by itself, or less than a gibibyte.
export function roomOf(disk: Disk): Room | null {
  const { freeBytes: free, totalBytes: total } = disk;
  if (free === undefined || total === undefined || total <= 0) return null;
  const low = free < scarceBytes || (free < total * scarce && free < 20 * scarceBytes);
  return { used: Math.min(1, Math.max(0, 1 - free / total)), low };
}

// bytes writes a size in the browser's language.
export function bytes(n: number, locale?: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(locale, { style: 'unit', unit: units[unit], unitDisplay: 'short', maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 }).format(value);
}
