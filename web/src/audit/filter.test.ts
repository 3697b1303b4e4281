import { describe, expect, test } from 'vitest';
import { exportOf, isFiltered, noFilters, queryOf, readFilters, writeFilters, type AuditFilters } from './filter';

const now = new Date('2026-11-28T12:00:00.000Z');
const read = (search: string) => readFilters(new URLSearchParams(search));

describe('the address', () => {
  test('holds the filters and gives them back', () => {
    const filters: AuditFilters = {
      action: 'webhook.created',
      actor: 'ada@b.example',
      target: 'wh_1',
      result: 'denied',
      text: 'a & b',
      range: { preset: 'custom', since: '2026-11-01T00:00:00.000Z', until: '2026-11-02T00:00:00.000Z' },
    };
    expect(readFilters(writeFilters(new URLSearchParams('x=1'), filters))).toEqual(filters);
    expect(writeFilters(new URLSearchParams('x=1'), filters).get('x')).toBe('1');
    expect(isFiltered(filters)).toBe(true);
  });

  test('without filters is empty', () => {
    expect(writeFilters(new URLSearchParams('action=webhook&range=7d'), noFilters).toString()).toBe('');
    expect(read('')).toEqual(noFilters);
    expect(isFiltered(noFilters)).toBe(false);
  });

  test('that makes no sense does not reach the server', () => {
    expect(read('action=DROP%20TABLE&result=maybe&range=never').action).toBe('');
    expect(read('result=maybe').result).toBe('');
    expect(read(`text=${'x'.repeat(500)}`).text).toHaveLength(200);
    expect(read('range=never').range.preset).toBe('');
  });
});

test('a range that moves is fixed when it is asked for', () => {
  expect(queryOf(read('range=24h&action=api_key'), now)).toEqual({ action: 'api_key', since: '2026-11-27T12:00:00.000Z' });
  expect(queryOf(noFilters, now)).toEqual({});
});

test('an export takes what is filtered, and no page', () => {
  const link = exportOf(read('action=webhook&actor=ada%40b.example&text=a%26b&cursor=x'), 'csv', now);
  expect(link).toBe('/api/v1/audit/export?format=csv&action=webhook&actor=ada%40b.example&text=a%26b');
});
