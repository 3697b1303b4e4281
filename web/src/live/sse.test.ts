import { expect, test } from 'vitest';
import { Parser } from './sse';

const stream = 'id: a-1\nevent: ready\nretry: 2000\ndata: {}\n\n:\n\nid: a-2\ndata: {"topic":"webhooks",\ndata: "ids":[]}\n\n';
const want = [
  { name: 'ready', data: '{}', id: 'a-1', retry: 2000 },
  { name: 'message', data: '{"topic":"webhooks",\n"ids":[]}', id: 'a-2', retry: null },
];

test.each([1, 2, 3, 7, 1000])('events come whole from chunks of %i characters', (size) => {
  const parser = new Parser();
  const got = [];
  for (let at = 0; at < stream.length; at += size) got.push(...parser.feed(stream.slice(at, at + size)));
  expect(got).toEqual(want);
});

test('lines may end as on other systems', () => {
  expect(new Parser().feed(stream.replaceAll('\n', '\r\n'))).toEqual(want);
});

test('a heartbeat and an event without data give nothing', () => {
  expect(new Parser().feed(':\n\nevent: ready\n\n')).toEqual([]);
});
