import { describe, expect, it } from 'vitest';
import { changeOf, merge, type Settings } from './merge';

const base: Settings = { url: 'https://a.example/x', description: 'first', format: 'standard', events: ['contact.created', 'email.sent'] };
const with_ = (change: Partial<Settings>): Settings => ({ ...base, ...change });

describe('merge', () => {
  it('takes what was stored where nothing was typed', () => {
    const stored = with_({ url: 'https://b.example/x', description: 'second' });
    const { values, theirs } = merge(base, base, stored);
    expect(values).toEqual(stored);
    expect(theirs).toEqual([
      { field: 'url', before: base.url, after: stored.url, clash: false },
      { field: 'description', before: 'first', after: 'second', clash: false },
    ]);
  });

  it('keeps what was typed beside a change of another field', () => {
    const { values, theirs } = merge(base, with_({ description: 'typed' }), with_({ url: 'https://b.example/x' }));
    expect(values).toEqual(with_({ description: 'typed', url: 'https://b.example/x' }));
    expect(theirs.map((t) => [t.field, t.clash])).toEqual([['url', false]]);
  });

  it('keeps what was typed where both changed the same field, and says so', () => {
    const { values, theirs } = merge(base, with_({ url: 'https://typed.example/' }), with_({ url: 'https://stored.example/' }));
    expect(values.url).toBe('https://typed.example/');
    expect(theirs).toEqual([{ field: 'url', before: base.url, after: 'https://stored.example/', clash: true }]);
  });

  it('treats the format as any other field', () => {
    const { values, theirs } = merge(base, with_({ description: 'typed' }), with_({ format: 'slack' }));
    expect(values).toEqual(with_({ description: 'typed', format: 'slack' }));
    expect(theirs).toEqual([{ field: 'format', before: 'standard', after: 'slack', clash: false }]);
    expect(changeOf(base, with_({ format: 'teams' }))).toEqual({ format: 'teams' });
  });

  it('has no clash where both typed the same', () => {
    const same = with_({ url: 'https://same.example/' });
    const { values, theirs } = merge(base, same, same);
    expect(values).toEqual(same);
    expect(theirs.map((t) => t.clash)).toEqual([false]);
  });

  it('joins the choices of events', () => {
    const typed = with_({ events: ['email.sent', 'email.opened'] }); // cleared contact.created, ticked email.opened
    const stored = with_({ events: ['contact.created', 'email.sent', 'campaign.started'] });
    const { values, theirs } = merge(base, typed, stored);
    expect(values.events).toEqual(['email.sent', 'campaign.started', 'email.opened']);
    expect(theirs.map((t) => [t.field, t.clash])).toEqual([['events', false]]);
  });

  it('does not bring back an event that only the other side cleared, nor double one that both ticked', () => {
    const stored = with_({ events: ['email.sent', 'email.opened'] });
    const { values } = merge(base, with_({ events: [...base.events, 'email.opened'] }), stored);
    expect(values.events).toEqual(['email.sent', 'email.opened']);
  });

  it('finds no change in another order', () => {
    expect(merge(base, base, with_({ events: [...base.events].reverse() })).theirs).toEqual([]);
  });
});

describe('changeOf', () => {
  it('has only what differs', () => {
    expect(changeOf(base, with_({ description: 'new' }))).toEqual({ description: 'new' });
    expect(changeOf(base, with_({ events: ['email.sent'] }))).toEqual({ events: ['email.sent'] });
    expect(changeOf(base, with_({ url: '  https://b.example/  ' }))).toEqual({ url: 'https://b.example/' });
  });

  it('is null when nothing does', () => {
    expect(changeOf(base, with_({ url: ` ${base.url} `, events: [...base.events].reverse() }))).toBeNull();
  });
});
