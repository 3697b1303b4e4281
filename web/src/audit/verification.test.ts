import { expect, test } from 'vitest';
import { verificationOf, type AuditState } from './verification';

const state = (part: Partial<AuditState>): AuditState => ({ entries: 10, verifiedTo: 8, anchoredTo: 10, accepted: [], ...part });

test('what was checked, and what came since', () => {
  expect(verificationOf(state({}))).toEqual({ level: 'verified', to: 8, newer: 2, unanchoredSince: 0 });
  expect(verificationOf(state({ verifiedTo: 10 })).newer).toBe(0);
  expect(verificationOf(state({ verifiedTo: 0 })).level).toBe('pending');
  expect(verificationOf(state({ entries: 0, verifiedTo: 0, anchoredTo: 0 }))).toEqual({ level: 'empty', to: 0, newer: 0, unanchoredSince: 0 });
});

test('a problem counts more than how far it was whole', () => {
  expect(verificationOf(state({ problem: 'entry 2: altered' })).level).toBe('problem');
});

test('heads that are behind, missing or ahead', () => {
  expect(verificationOf(state({ anchoredTo: 7 })).unanchoredSince).toBe(8);
  expect(verificationOf(state({ anchoredTo: 0 })).unanchoredSince).toBe(1);
  expect(verificationOf(state({ anchoredTo: 12 })).unanchoredSince).toBe(0); // a finding of the check
  expect(verificationOf(state({ anchoredTo: 0, headsUnreadable: true })).unanchoredSince).toBe(0); // not known
});

test('a log that became shorter is not verified beyond its end', () => {
  expect(verificationOf(state({ entries: 5, verifiedTo: 8 }))).toMatchObject({ to: 5, newer: 0 });
});
