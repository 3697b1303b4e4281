import { ApiProblem, type Schemas } from '../api';

export type NewKey = Schemas['RegenerateResponseBody'];

// Outcome is what a regeneration came to. That no answer came does not mean
// that nothing happened, so the masked key is asked for before anything is said.
export type Outcome =
  | { kind: 'done'; key: NewKey }
  | { kind: 'refused'; error: unknown } // the old key works as before
  | { kind: 'replaced'; error: unknown } // the old key has stopped, the new one was not seen
  | { kind: 'unknown'; error: unknown; before: string };

export interface Steps {
  masked: () => Promise<string>;
  confirm: () => Promise<string>; // gives the token of the fresh authentication
  replace: (token: string) => Promise<NewKey>;
}

export async function regenerate(steps: Steps): Promise<Outcome> {
  let before: string;
  let token: string;
  try {
    before = await steps.masked();
    token = await steps.confirm();
  } catch (error) {
    return { kind: 'refused', error };
  }
  try {
    return { kind: 'done', key: await steps.replace(token) };
  } catch (error) {
    if (error instanceof ApiProblem && error.status < 500) return { kind: 'refused', error };
    return lookAgain(before, error, steps.masked);
  }
}

// lookAgain compares the masked key with the one from before the attempt.
export async function lookAgain(before: string, error: unknown, masked: () => Promise<string>): Promise<Outcome> {
  try {
    return { kind: (await masked()) === before ? 'refused' : 'replaced', error };
  } catch {
    return { kind: 'unknown', error, before };
  }
}
