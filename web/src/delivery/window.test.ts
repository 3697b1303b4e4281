import { describe, expect, it } from 'vitest';
import { after, nextParam, pin, pinOf, unpin, type Page, type Pages } from './window';

const pages: Pages<Page<string>> = {
  pages: [{ items: ['c', 'b'], next: 'b.x' }, { items: ['a'] }],
  pageParams: [{}, { cursor: 'b.x' }],
};

describe('a list that is held still', () => {
  it('keeps its rows and asks for nothing newer, on every page', () => {
    const still = pin(pages, '2026-03-01T12:00:00.001Z');
    expect(still.pages).toEqual(pages.pages);
    expect(still.pageParams).toEqual([
      { until: '2026-03-01T12:00:00.001Z' },
      { until: '2026-03-01T12:00:00.001Z', cursor: 'b.x' },
    ]);
    expect(pinOf(still)).toBe('2026-03-01T12:00:00.001Z');
  });

  it('stays at the time at which it was first held', () => {
    const still = pin(pages, '2026-03-01T12:00:00.001Z');
    expect(pin(still, '2026-03-01T13:00:00.000Z')).toBe(still);
  });

  it('goes on to older pages before the same time', () => {
    expect(nextParam({ items: [], next: 'n.y' }, { until: 'u' })).toEqual({ until: 'u', cursor: 'n.y' });
    expect(nextParam({ items: [] }, { until: 'u' })).toBeUndefined();
  });

  it('goes back to one live page', () => {
    expect(unpin(pin(pages, 'u'))).toEqual({ pages: [pages.pages[0]], pageParams: [{}] });
    expect(pinOf(undefined)).toBe('');
  });
});

describe('after', () => {
  it('is later than a time with microseconds', () => {
    expect(after('2026-03-01T12:00:00.123456Z')).toBe('2026-03-01T12:00:00.124Z');
    expect(after('2026-03-01T12:00:00Z', 250)).toBe('2026-03-01T12:00:00.250Z');
  });
});
