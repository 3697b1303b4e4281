import { describe, expect, it } from 'vitest';
import { begin, changed, headersMost, next, patchOf, problems, type HeaderEvent, type Headers } from './headers';

const after = (names: string[], ...events: HeaderEvent[]): Headers => events.reduce(next, begin(names));
const add = (key: number, name: string, value: string): HeaderEvent[] => [
  { type: 'added' },
  { type: 'named', key, name },
  { type: 'valued', key, value },
];

describe('patchOf', () => {
  it('keeps stored values by null', () => {
    const state = begin(['Authorization', 'X-Team']);
    expect(changed(state)).toBe(false);
    expect(patchOf(state)).toEqual({ Authorization: null, 'X-Team': null });
  });

  it('adds, replaces and removes', () => {
    const state = after(
      ['Authorization', 'X-Team'],
      { type: 'replacing', key: 0 },
      { type: 'valued', key: 0, value: 'Bearer new' },
      { type: 'removed', key: 1 },
      ...add(2, ' X-New ', 'v'),
    );
    expect(changed(state)).toBe(true);
    expect(patchOf(state)).toEqual({ Authorization: 'Bearer new', 'X-New': 'v' });
  });

  it('takes back a removal and a replacement, whose value is forgotten', () => {
    const state = after(
      ['A', 'B'],
      { type: 'removed', key: 0 },
      { type: 'kept', key: 0 },
      { type: 'replacing', key: 1 },
      { type: 'valued', key: 1, value: 'secret' },
      { type: 'kept', key: 1 },
    );
    expect(state).toEqual(begin(['A', 'B']));
  });

  it('drops a new one that is removed', () => {
    expect(after(['A'], ...add(1, 'B', 'v'), { type: 'removed', key: 1 }).rows).toEqual(begin(['A']).rows);
  });
});

describe('stored', () => {
  it('keeps what was typed when others changed the headers', () => {
    const state = after(
      ['Authorization', 'X-Gone', 'X-Dropped'],
      { type: 'replacing', key: 0 },
      { type: 'valued', key: 0, value: 'typed' },
      { type: 'replacing', key: 1 },
      { type: 'valued', key: 1, value: 'typed too' },
      ...add(3, 'x-new', 'mine'),
      ...add(4, 'X-Mine', 'only here'),
      { type: 'stored', names: ['Authorization', 'X-New', 'X-Theirs'] },
    );
    expect(patchOf(state)).toEqual({
      Authorization: 'typed',
      'X-New': 'mine',
      'X-Theirs': null,
      'X-Gone': 'typed too',
      'X-Mine': 'only here',
    });
    expect(problems(state).size).toBe(0);
    expect(new Set(state.rows.map((r) => r.key)).size).toBe(state.rows.length);
  });

  it('keeps a removal', () => {
    const state = after(['A', 'B'], { type: 'removed', key: 0 }, { type: 'stored', names: ['A', 'B', 'C'] });
    expect(patchOf(state)).toEqual({ B: null, C: null });
  });
});

describe('problems', () => {
  const of = (name: string, value: string) => problems(after(['Authorization'], ...add(1, name, value))).get(1);

  it('finds what the server refuses', () => {
    expect(of('', 'v')).toEqual({ name: 'nameMissing' });
    expect(of('X Y', 'v')).toEqual({ name: 'nameWrong' });
    expect(of('x'.repeat(129), 'v')).toEqual({ name: 'nameWrong' });
    expect(of('Host', 'v')).toEqual({ name: 'nameReserved' });
    expect(of('Webhook-Id', 'v')).toEqual({ name: 'nameReserved' });
    expect(of('authorization', 'v')).toEqual({ name: 'nameTwice' });
    expect(of('X-A', '')).toEqual({ value: 'valueMissing' });
    expect(of('X-A', ' v')).toEqual({ value: 'valueSpaces' });
    expect(of('X-A', 'a\tb')).toEqual({ value: 'valueControl' });
    expect(of('X-A', 'Zoë 世')).toBeUndefined();
  });

  it('does not count one that is removed as a double', () => {
    expect(problems(after(['A'], { type: 'removed', key: 0 }, ...add(1, 'a', 'v'))).size).toBe(0);
  });

  it('wants a value for one that is replaced', () => {
    expect(problems(after(['A'], { type: 'replacing', key: 0 })).get(0)).toEqual({ value: 'valueMissing' });
  });
});

it('has no more than the API takes', () => {
  let state = begin(Array.from({ length: headersMost }, (_, i) => `X-${i}`));
  expect(next(state, { type: 'added' })).toBe(state);
  state = next(state, { type: 'removed', key: 0 });
  expect(next(state, { type: 'added' }).rows).toHaveLength(headersMost + 1);
});
