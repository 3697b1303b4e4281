import { expect, it } from 'vitest';
import { ApiProblem } from '../../api';
import { since } from './stale';

const problem = (changed: unknown) =>
  new ApiProblem({ type: '/problems/webhook-changed', title: 'Webhook changed', status: 412, detail: '', changed });

it('joins the changes of several versions', () => {
  const changed = [
    { version: 3, at: '2026-03-01T12:00:00Z', by: 'ada@example.com', fields: ['url', 'events'] },
    { version: 4, at: '2026-03-01T12:00:01Z', by: 'grace@example.com', fields: ['events'] },
    { version: 5, at: '2026-03-01T12:00:02Z', by: 'ada@example.com', fields: ['description'] },
  ];
  expect(since(problem(changed))).toEqual({ by: ['ada@example.com', 'grace@example.com'], fields: ['url', 'events', 'description'] });
});

it('takes a problem that says nothing about it', () => {
  expect(since(problem(undefined))).toEqual({ by: [], fields: [] });
  expect(since(problem([{ by: 1, fields: 'url' }, null]))).toEqual({ by: [], fields: [] });
});
