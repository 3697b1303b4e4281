import type { Detail } from '../types';

export const steps = ['about', 'permissions', 'settings', 'setup', 'signin', 'choices', 'done'] as const;
export type Step = (typeof steps)[number];

// earlyFields can be chosen before anybody has signed in, lateFields only after.
export const earlyFields = ({ fields }: Pick<Detail, 'fields'>) => fields.filter((field) => !field.hasChoices && field.kind !== 'rules');
export const lateFields = ({ fields }: Pick<Detail, 'fields'>) => fields.filter((field) => field.hasChoices || field.kind === 'rules');

// stepsOf are the steps that the guide of an integration has. What is set up
// already is no step, unless somebody stands on it; settings of a connection that
// is only made again stand on its page.
// byToken: a token is pasted, so that no application is asked for.
export function stepsOf(detail: Detail, at: string | null, again: boolean, byToken: boolean): Step[] {
  return steps.filter((step) => {
    switch (step) {
      case 'permissions':
        return detail.scopes.length > 0;
      case 'settings':
        return !again && earlyFields(detail).length > 0;
      case 'setup':
        return !byToken && (!detail.app.configured || at === 'setup');
      case 'choices':
        return lateFields(detail).length > 0;
      default:
        return true;
    }
  });
}

// stepAt is the step to show: the one of the address, else where an attempt stands.
export function stepAt(all: readonly Step[], at: string | null, attempt: string | null): Step {
  const asked = all.find((step) => step === at);
  if (asked) return asked;
  // What needs no application leads past that.
  return (attempt !== null || at === 'setup') && all.includes('signin') ? 'signin' : 'about';
}

export function after(all: readonly Step[], step: Step): Step | null {
  return all[all.indexOf(step) + 1] ?? null;
}
