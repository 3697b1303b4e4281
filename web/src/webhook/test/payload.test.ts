import { describe, expect, test } from 'vitest';
import { t } from '../../text';
import { bodyOf, checkPayload, exampleText, mistakeWords } from './payload';
import { classOf, headline } from './outcome';

describe('a payload', () => {
  test.each([['{}'], [' {"a": [1, 2.5e3, null, true], "b": "\\u00e4"}\n']])('%j can be sent', (text) => expect(checkPayload(text)).toBeNull());

  test.each([
    ['', 'empty', 1, 1],
    ['{"a": 1,}', 'trailingComma', 1, 8],
    ['{\n  "a": 1\n  "b": 2\n}', 'commaOrBrace', 3, 3],
    ['{\n  a: 1\n}', 'name', 2, 3],
    ["{'a': 1}", 'name', 1, 2],
    ['{"a": undefined}', 'value', 1, 7],
    ['{"a": 01}', 'number', 1, 7],
    ['{"a": 1', 'end', 1, 8],
    ['{"a": 1} x', 'after', 1, 10],
    ['{"a": 1, "a": 2}', 'twice', 1, 10],
    ['[1]', 'noObject', 1, 1],
    ['\n  "text"', 'noObject', 2, 3],
  ] as const)('%j is wrong where it is said', (text, kind, line, column) => {
    const mistake = checkPayload(text);
    expect(mistake).toMatchObject({ kind, line, column });
    if (mistake) expect(mistakeWords(mistake, t)).toMatch(new RegExp(`^Line ${line}, column ${column}: .{5,}`));
  });

  test('goes to the server as it was typed', () => {
    const body = bodyOf('contact.created', ' {"n": 12345678901234567890, "e": 1e400}\n');
    expect(body).toBe('{"type":"contact.created","data":{"n": 12345678901234567890, "e": 1e400}}');
    expect(bodyOf('a"b', null)).toBe('{"type":"a\\"b"}');
  });

  test('starts from the example', () => {
    expect(exampleText({ id: '1' })).toBe('{\n  "id": "1"\n}');
    expect(exampleText(undefined)).toBe('{}');
  });
});

test('a test has the class that a delivery would have', () => {
  expect(classOf({ ok: true, status: 204 })).toBe('');
  expect(classOf({ ok: false, cause: 'status', status: 503 })).toBe('status_5xx');
  expect(classOf({ ok: false, cause: 'dns' })).toBe('dns');
  expect(headline({ ok: true, status: 204 }, t)).toBe('Accepted with 204');
  expect(headline({ ok: false, cause: 'status', status: 503 }, t)).toContain('503');
});
