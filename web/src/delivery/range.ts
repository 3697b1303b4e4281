// A time range as people choose it: a preset that moves with the clock, or two
// fixed ends. Both lists keep it in the address.
export const presets = ['1h', '24h', '7d', '30d'] as const;
export type Preset = (typeof presets)[number];

export interface Range {
  preset: Preset | 'custom' | '';
  since: string; // RFC 3339, of a custom range; '' leaves the end open
  until: string;
}

export const anyTime: Range = { preset: '', since: '', until: '' };

const hour = 3_600_000;
const lengths: Record<Preset, number> = { '1h': hour, '24h': 24 * hour, '7d': 7 * 24 * hour, '30d': 30 * 24 * hour };

export function readRange(params: URLSearchParams): Range {
  const since = isoOf(params.get('since') ?? '');
  const until = isoOf(params.get('until') ?? '');
  const word = params.get('range') ?? '';
  if (since || until || word === 'custom') return { preset: 'custom', since, until };
  const preset = presets.find((p) => p === word) ?? '';
  return { ...anyTime, preset };
}

export function writeRange(params: URLSearchParams, range: Range): void {
  const custom = range.preset === 'custom';
  set(params, 'range', custom && (range.since || range.until) ? '' : range.preset);
  set(params, 'since', custom ? range.since : '');
  set(params, 'until', custom ? range.until : '');
}

// span is what the API is asked for at this moment.
export function span(range: Range, now: Date): { since?: string; until?: string } {
  if (range.preset === '') return {};
  if (range.preset !== 'custom') return { since: new Date(now.getTime() - lengths[range.preset]).toISOString() };
  return { ...(range.since && { since: range.since }), ...(range.until && { until: range.until }) };
}

// endsTooEarly reports a range that the API refuses.
export function endsTooEarly({ preset, since, until }: Range): boolean {
  return preset === 'custom' && since !== '' && until !== '' && since >= until;
}

// set writes a parameter, or takes it out of the address when it says nothing.
export function set(params: URLSearchParams, name: string, value: string): void {
  if (value) params.set(name, value);
  else params.delete(name);
}

// countSet is how many filters an address sets beside the search; both ends of a
// time range are one.
export function countSet(params: URLSearchParams): number {
  const names = [...params.keys()].filter((name) => name !== 'text');
  return new Set(names.map((name) => (name === 'since' || name === 'until' ? 'range' : name))).size;
}

// isoOf reads what a date field or an address holds; '' if it is no time.
export function isoOf(text: string): string {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

// localOf writes a time as a datetime-local field wants it: the reader's clock,
// to the minute or the second.
export function localOf(iso: string, seconds = false): string {
  const at = new Date(iso);
  if (iso === '' || Number.isNaN(at.getTime())) return '';
  const two = (n: number) => String(n).padStart(2, '0');
  const year = String(at.getFullYear()).padStart(4, '0');
  return `${year}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}${seconds ? `:${two(at.getSeconds())}` : ''}`;
}
