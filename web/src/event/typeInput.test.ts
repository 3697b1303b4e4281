import { describe, expect, it } from 'vitest';
import { bodyTextOf, emptyType, mistakesOf, place } from './typeInput';

const good = { ...emptyType, type: 'invoice.paid' };

describe('mistakesOf', () => {
  it('has none for a name alone', () => {
    expect(mistakesOf(good)).toEqual({});
  });

  it.each([
    ['', 'typeMissing'],
    ['invoice', 'typeForm'],
    ['Invoice.Paid', 'typeForm'],
    ['a.b.c.d.e', 'typeForm'],
    ['webhook.test', 'typeReserved'],
    [`a.${'b'.repeat(99)}`, 'typeLong'],
  ])('judges the name %j as the server does', (type, mistake) => {
    expect(mistakesOf({ ...good, type }).type).toBe(mistake);
  });

  it('names the place in the JSON', () => {
    expect(mistakesOf({ ...good, schema: '{\n  "type": "object"\n  "properties": {}\n}' }).schema).toMatchObject({
      kind: 'commaOrBrace',
      line: 3,
      column: 3,
    });
    expect(mistakesOf({ ...good, example: '[1]' }).example).toBe('object');
  });

  it('knows that strict needs a schema', () => {
    expect(mistakesOf({ ...good, strict: true }).strict).toBe('strictNeeds');
    expect(mistakesOf({ ...good, strict: true, schema: '{}' })).toEqual({});
  });
});

describe('bodyTextOf', () => {
  it('sends JSON as it was typed', () => {
    const input = { ...good, description: 'A "bill"', schema: '{"maximum": 12345678901234567890}', strict: true };
    expect(bodyTextOf(input, true)).toBe(
      '{"type":"invoice.paid","description":"A \\"bill\\"","schema":{"maximum": 12345678901234567890},"strict":true}',
    );
  });

  it('removes from an old type what was emptied', () => {
    expect(bodyTextOf(good, false)).toBe('{"description":"","schema":null,"example":null,"strict":false}');
  });
});

describe('place', () => {
  it('puts the server’s messages to their fields', () => {
    const { at, rest } = place([
      { location: 'body.type', message: 'is registered already' },
      { location: 'body.schema', message: 'must be a JSON object' },
      { location: 'body.schema.properties.id.type', message: 'is number, must be string' },
      { location: 'body.example.items[0]', message: 'lacks "id"' },
      { location: 'body.schematic', message: 'is unknown' },
      { location: 'header.If-Match', message: 'is not a version' },
    ]);
    expect(at).toEqual({
      type: ['is registered already'],
      schema: ['must be a JSON object', 'properties.id.type: is number, must be string'],
      example: ['items[0]: lacks "id"'],
    });
    expect(rest.map((e) => e.location)).toEqual(['body.schematic', 'header.If-Match']);
  });
});
