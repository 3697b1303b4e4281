import { describe, expect, it } from 'vitest';
import { indent, memberOf, mistakeIn } from './json';

describe('mistakeIn', () => {
  it.each(['{}', ' [1, -2.5e+3, "a\\u00e4\\n", true, false, null] ', '"x"', '{"a": {"b": [{}]}}', '0'])('takes %s', (text) => {
    expect(mistakeIn(text)).toBeNull();
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it.each([
    ['', 'empty', 1, 1],
    ['{"a": 1,\n "b" 2}', 'colon', 2, 6],
    ['{"a": 1\n "b": 2}', 'commaOrBrace', 2, 2],
    ['[1 2]', 'commaOrBracket', 1, 4],
    ['{"a": 1,}', 'trailingComma', 1, 8],
    ['{a: 1}', 'name', 1, 2],
    ["{'a': 1}", 'name', 1, 2],
    ['{"a": yes}', 'value', 1, 7],
    ['{"a": "b', 'end', 1, 9],
    ['{"a": "b\\x"}', 'escape', 1, 9],
    ['{"a": "b\tc"}', 'control', 1, 9],
    ['{"a": 01}', 'number', 1, 7],
    ['{"a": 1.}', 'number', 1, 7],
    ['{"a": 1, "a": 2}', 'twice', 1, 10],
    ['{} {}', 'after', 1, 4],
    ['{"a": [', 'end', 1, 8],
  ])('names the place in %j', (text, kind, line, column) => {
    expect(mistakeIn(text)).toMatchObject({ kind, line, column });
  });

  it('counts the levels that the server takes', () => {
    expect(mistakeIn('['.repeat(64) + ']'.repeat(64))).toBeNull();
    expect(mistakeIn('['.repeat(65) + ']'.repeat(65))).toMatchObject({ kind: 'deep', column: 65 });
  });

  it('agrees with the browser on what is JSON', () => {
    const pieces = ['{', '}', '[', ']', ',', ':', '"a"', '"b"', '1', '-', 'null', ' ', '\n', '"'];
    let seed = 7;
    const next = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
    for (let i = 0; i < 5000; i++) {
      const text = Array.from({ length: 1 + next(9) }, () => pieces[next(pieces.length)]).join('');
      const mistake = mistakeIn(text);
      if (mistake?.kind === 'twice') continue; // the browser takes it
      const parse = () => JSON.parse(text) as unknown;
      if (mistake) expect(parse, text).toThrow();
      else expect(parse, text).not.toThrow();
    }
  });
});

describe('indent', () => {
  it('changes nothing but white space', () => {
    const text = '{"id":12345678901234567890,"list":[ ],"more":{"a":"x , y","b":[1,{"c":null}]}}';
    expect(indent(text)).toBe(
      '{\n  "id": 12345678901234567890,\n  "list": [],\n  "more": {\n    "a": "x , y",\n    "b": [\n      1,\n      {\n        "c": null\n      }\n    ]\n  }\n}',
    );
  });

  it('leaves what is no JSON', () => {
    expect(indent('ok <b>')).toBe('ok <b>');
  });
});

describe('memberOf', () => {
  it('gives the text as it came', () => {
    const text = '{"id": "evt_1", "data": {"n": 1.0, "big": 12345678901234567890}, "data2": 1}';
    expect(memberOf(text, 'data')).toBe('{"n": 1.0, "big": 12345678901234567890}');
    expect(memberOf(text, 'other')).toBeUndefined();
  });
});
