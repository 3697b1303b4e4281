import { expect, it } from 'vitest';
import { curlOf } from './curl';

it('is a command with the masked key, and a body that is JSON', () => {
  const line = curlOf('https://desk.example', 'sX_****6087conf...lgmil3bg');
  expect(line).toContain('curl -sS https://desk.example/api/v1/events');
  expect(line).toContain("'Authorization: Bearer sX_****6087conf...lgmil3bg'");
  const body = /-d '(.*)'$/.exec(line)?.[1] ?? '';
  expect(JSON.parse(body)).toMatchObject({ type: 'contact.created' });
});
