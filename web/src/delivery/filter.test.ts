import { describe, expect, it } from 'vitest';
import { deliveryFilters, noFilters, queryOf, type DeliveryFilters } from './filter';
import { endsTooEarly, isoOf, localOf, readRange } from './range';

const { write } = deliveryFilters;
const read = (text: string) => deliveryFilters.read(new URLSearchParams(text));
const now = new Date('2026-03-01T12:00:00Z');

const all: DeliveryFilters = {
  webhook: 'wh_1',
  state: 'failed',
  type: 'contact.created',
  event: 'evt_1',
  text: 'a & b=c',
  range: { preset: 'custom', since: '2026-02-01T00:00:00.000Z', until: '2026-02-02T00:00:00.000Z' },
};

describe('filters in the address', () => {
  it.each([
    ['none', noFilters],
    ['all', all],
    ['a preset', { ...noFilters, range: { preset: '24h', since: '', until: '' } }],
    ['a range without ends yet', { ...noFilters, range: { preset: 'custom', since: '', until: '' } }],
    ['an open range', { ...noFilters, range: { preset: 'custom', since: '2026-02-01T00:00:00.000Z', until: '' } }],
  ] as [string, DeliveryFilters][])('come back as they went: %s', (_name, filters) => {
    expect(read(write(new URLSearchParams(), filters).toString())).toEqual(filters);
  });

  it('leaves the rest of the address alone, and takes out what says nothing', () => {
    const before = new URLSearchParams('delivery=dlv_1&state=held&range=1h');
    expect(write(before, noFilters).toString()).toBe('delivery=dlv_1');
    expect(before.get('state')).toBe('held');
  });

  it('ignores what is no filter', () => {
    expect(read('state=lost&range=2h&since=yesterday&until=')).toEqual(noFilters);
    expect(read(`text=${'x'.repeat(300)}`).text).toHaveLength(200);
  });
});

describe('what the API is asked', () => {
  it('has every filter by the name that the API gives it', () => {
    expect(queryOf(all, now)).toEqual({
      webhookId: 'wh_1',
      state: 'failed',
      type: 'contact.created',
      eventId: 'evt_1',
      text: 'a & b=c',
      since: '2026-02-01T00:00:00.000Z',
      until: '2026-02-02T00:00:00.000Z',
    });
    expect(queryOf(noFilters, now)).toEqual({});
  });

  it('moves a preset with the clock', () => {
    const range = readRange(new URLSearchParams('range=1h'));
    expect(queryOf({ ...noFilters, range }, now)).toEqual({ since: '2026-03-01T11:00:00.000Z' });
  });
});

it('does not ask for a range that ends before it begins', () => {
  const range = (since: string, until: string) => endsTooEarly({ preset: 'custom', since, until });
  expect(range('2026-11-02T00:00:00.000Z', '2026-11-01T00:00:00.000Z')).toBe(true);
  expect(range('2026-11-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z')).toBe(true);
  expect(range('2026-11-01T00:00:00.000Z', '')).toBe(false);
});

describe('date fields', () => {
  it('speak the reader’s clock', () => {
    const iso = isoOf('2026-02-03T04:05');
    expect(localOf(iso)).toBe('2026-02-03T04:05');
    expect(localOf(iso, true)).toBe('2026-02-03T04:05:00');
    expect(new Date(iso).getHours()).toBe(4);
  });

  it('take nonsense for nothing', () => {
    expect(isoOf('')).toBe('');
    expect(isoOf('soon')).toBe('');
    expect(localOf('soon')).toBe('');
  });
});
