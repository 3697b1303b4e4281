import { describe, expect, it } from 'vitest';
import { noFilters } from './filter';
import { bodyOf, defaults, mistakesOf } from './replay';

const now = new Date('2026-03-02T12:00:00Z');

describe('a replay', () => {
  it('proposes the last day of what failed or was never sent', () => {
    expect(defaults('', noFilters, now)).toEqual({
      webhookId: '',
      since: '2026-03-01T12:00:00.000Z',
      until: '',
      states: ['failed', 'never_sent'],
    });
  });

  it('proposes what the list shows', () => {
    const filters = { ...noFilters, state: 'discarded', range: { preset: 'custom', since: '2026-02-01T00:00:00.000Z', until: '2026-02-02T00:00:00.000Z' } } as const;
    expect(defaults('wh_1', filters, now)).toEqual({
      webhookId: 'wh_1',
      since: '2026-02-01T00:00:00.000Z',
      until: '2026-02-02T00:00:00.000Z',
      states: ['discarded'],
    });
    expect(defaults('wh_1', { ...noFilters, state: 'delivered' }, now).states).toEqual(['failed', 'never_sent']);
  });

  it('names what is missing', () => {
    const good = defaults('wh_1', noFilters, now);
    expect(mistakesOf(good)).toEqual({});
    expect(mistakesOf({ webhookId: '', since: '', until: '', states: [] })).toEqual({ webhookId: true, since: true, states: true });
    expect(mistakesOf({ ...good, until: good.since })).toEqual({ until: true });
  });

  it('leaves an open end out', () => {
    expect(bodyOf(defaults('wh_1', noFilters, now), true)).toEqual({ since: '2026-03-01T12:00:00.000Z', states: ['failed', 'never_sent'], dryRun: true });
  });
});
