import type { Schemas } from '../api';

export type AuditState = Schemas['AuditState'];

export interface Verification {
  level: 'empty' | 'problem' | 'pending' | 'verified';
  to: number; // entries up to this one were found whole
  newer: number; // entries that the last check did not see
  unanchoredSince: number; // the first entry that no signed head vouches for; 0 if all are, or if it is not known
}

// verificationOf reads the state as a person asks for it: is the log whole, up to
// where, and who says so besides the database.
export function verificationOf(state: AuditState): Verification {
  const to = Math.min(state.verifiedTo, state.entries);
  return {
    level: levelOf(state),
    to,
    newer: state.entries - to,
    unanchoredSince: state.anchoredTo < state.entries && !state.headsUnreadable ? state.anchoredTo + 1 : 0,
  };
}

function levelOf(state: AuditState): Verification['level'] {
  if (state.problem) return 'problem';
  if (state.entries === 0) return 'empty';
  return state.verifiedTo > 0 ? 'verified' : 'pending';
}
