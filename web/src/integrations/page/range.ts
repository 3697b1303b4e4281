export const ranges = ['24h', '7d', '30d', '90d'] as const;
export type Range = (typeof ranges)[number];

const hours: Record<Range, number> = { '24h': 24, '7d': 168, '30d': 720, '90d': 2_160 };

export const rangeOf = (word: string | null): Range => ranges.find((one) => one === word) ?? '24h';

export const sinceOf = (range: Range, now: Date): string => new Date(now.getTime() - hours[range] * 3_600_000).toISOString();
