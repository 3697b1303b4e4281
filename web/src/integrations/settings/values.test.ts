import { expect, test } from 'vitest';
import type { Field } from '../types';
import { areWrong, asNumber, asRules, differ, isWrong, presetsOf, rebase } from './values';

const days: Field = { name: 'days', label: '', help: '', kind: 'number', min: 1, max: 365, unit: 'days', hasChoices: false };
const rules: Field = { ...days, name: 'rules', kind: 'rules' };

test('a number is whole, and within its range', () => {
  expect([1, 365, 90].map((n) => isWrong(days, n))).toEqual([false, false, false]);
  expect([0, 366, 1.5, '', '90', Number.NaN, undefined].map((n) => isWrong(days, n))).toEqual(Array(7).fill(true));
  expect(asNumber(Infinity)).toBe('');
});

test('a rule needs events, a channel and a title', () => {
  const rule = { events: ['email.sent'], channel: 'C1', title: 'Sent', text: '' };
  expect(isWrong(rules, [rule])).toBe(false);
  expect(isWrong(rules, [])).toBe(false);
  for (const part of [{ events: [] }, { channel: '' }, { title: '  ' }]) expect(isWrong(rules, [{ ...rule, ...part }])).toBe(true);
  expect(asRules([null, { events: [1, 'a'], channel: 7 }])).toEqual([
    { events: [], channel: '', title: '', text: '' },
    { events: ['a'], channel: '', title: '', text: '' },
  ]);
});

test('presets are days within the range', () => {
  expect(presetsOf(days)).toEqual([7, 30, 90, 365]);
  expect(presetsOf({ ...days, max: 60 })).toEqual([7, 30]);
  expect(presetsOf({ ...days, unit: 'pages' })).toEqual([]);
});

test('what was typed stays on top of what somebody else has stored', () => {
  const base = { values: { days: 90, labels: ['A'] }, every: 300 };
  const typed = { values: { days: 30, labels: ['A'] }, every: 300 };
  const stored = { values: { days: 7, labels: ['B'] }, every: 600 };
  expect(differ(base, typed)).toBe(true);
  expect(differ(base, structuredClone(base))).toBe(false);
  expect(rebase(base, typed, stored)).toEqual({ values: { days: 30, labels: ['B'] }, every: 600 });
});

test('a field that does not matter is not wrong', () => {
  const mode: Field = { ...days, name: 'mode', kind: 'choice', options: [{ value: 'a', label: 'A' }, { value: 'b', label: 'B' }] };
  const host: Field = { ...days, name: 'host', kind: 'text', max: 100, when: { field: 'mode', value: 'b' } };
  expect(areWrong([mode, host], { mode: 'a', host: '' })).toBe(false);
  expect(areWrong([mode, host], { mode: 'b', host: ' ' })).toBe(true);
  expect(areWrong([mode, host], { mode: 'b', host: 'acme' })).toBe(false);
  expect(areWrong([mode, host], { mode: 'c', host: 'acme' })).toBe(true);
  expect(areWrong([mode, { ...host, optional: true }], { mode: 'b', host: '' })).toBe(false);
});
