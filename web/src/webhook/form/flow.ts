import type { Schemas } from '../../api';

// The state of the form in which a webhook is added or edited, as a pure
// function of what happened. The browser asks the server for verdicts where the
// state says that one is due (typing, reaching), and tells them with the ticket
// that the state gave out: a verdict with any other ticket came too late.

export type Verdict = Schemas['Verdict'];

export type Check =
  | { phase: 'empty' }
  | { phase: 'unchanged' } // the stored URL of a webhook that is edited
  | { phase: 'typing' } // its form is to be judged
  | { phase: 'wellFormed'; cancelled: boolean }
  | { phase: 'malformed'; verdict: Verdict }
  | { phase: 'reaching' } // a test request is under way
  | { phase: 'reached'; verdict: Verdict }
  | { phase: 'unreachable'; verdict: Verdict }
  | { phase: 'unjudged'; asked: 'form' | 'reach'; error: unknown }; // no verdict came

export type Saving = { phase: 'no' } | { phase: 'sending' } | { phase: 'failed'; error: unknown };

// Lock is why the events cannot be chosen: the form is wrong, or the endpoint
// was unreachable and none has been reached since.
export type Lock = 'none' | 'form' | 'reach';

export interface Flow {
  base: string | null; // the stored URL, of a webhook that is edited
  baseFormat: string;
  url: string;
  events: string[];
  off: boolean; // to be saved switched off
  format: string;
  template: string | null;
  check: Check;
  ticket: number;
  lock: Lock;
  saving: Saving;
  missing: 'url' | 'events' | null; // what the last try to save lacked
}

export interface Start {
  base?: string;
  baseFormat?: string; // where it is not the format to begin with
  url?: string;
  events?: readonly string[];
  off?: boolean;
  format?: string;
  template?: string | null;
}

export type FlowEvent =
  | { type: 'started'; with: Start }
  | { type: 'typed'; url: string }
  | { type: 'left' }
  | { type: 'retried' }
  | { type: 'cancelled' }
  | { type: 'judged'; ticket: number; verdict: Verdict }
  | { type: 'unjudged'; ticket: number; error: unknown }
  | { type: 'offChosen'; off: boolean }
  | { type: 'eventsChosen'; events: readonly string[] }
  | { type: 'templateChosen'; id: string; format: string; events: readonly string[] }
  | { type: 'formatChosen'; format: string }
  | { type: 'submitted' }
  | { type: 'refused'; verdict: Verdict }
  | { type: 'failed'; error: unknown };

const addressRefused = 'address_refused';

export function begin(start: Start = {}): Flow {
  const flow: Flow = {
    base: start.base ?? null,
    baseFormat: start.baseFormat ?? start.format ?? 'standard',
    url: start.url ?? start.base ?? '',
    events: [...(start.events ?? [])],
    off: start.off ?? false,
    format: start.format ?? 'standard',
    template: start.template ?? null,
    check: { phase: 'empty' },
    ticket: 0,
    lock: 'none',
    saving: { phase: 'no' },
    missing: null,
  };
  return judgeForm(flow);
}

// judgeForm asks for a verdict on the form of the URL, where there is one.
function judgeForm(flow: Flow): Flow {
  const url = flow.url.trim();
  const ticket = flow.ticket + 1;
  if (url === '') return { ...flow, ticket, check: { phase: 'empty' } };
  if (url === flow.base && flow.format === flow.baseFormat) return { ...flow, ticket, lock: 'none', check: { phase: 'unchanged' } };
  return { ...flow, ticket, check: { phase: 'typing' } };
}

function reach(flow: Flow): Flow {
  return { ...flow, ticket: flow.ticket + 1, check: { phase: 'reaching' } };
}

// refusedAddress: no webhook may have it, not even one that is switched off.
function refusedAddress(flow: Flow): boolean {
  return flow.check.phase === 'unreachable' && flow.check.verdict.cause === addressRefused;
}

// locked reports whether the events cannot be chosen.
export function locked(flow: Flow): boolean {
  if (flow.lock === 'none') return false;
  return flow.lock === 'form' || !flow.off || refusedAddress(flow);
}

// offChoice reports whether the webhook may be saved switched off: a permitted
// address in a valid form is needed for that.
export function offChoice(flow: Flow): 'closed' | 'open' | 'refused' {
  switch (flow.check.phase) {
    case 'empty':
    case 'malformed':
      return 'closed';
    case 'unjudged':
    case 'typing':
      return flow.off || flow.lock === 'reach' ? 'open' : 'closed';
    case 'unreachable':
      return refusedAddress(flow) ? 'refused' : 'open';
    default:
      return 'open';
  }
}

// lack says what a webhook still needs before it can be saved.
export function lack(flow: Flow): 'url' | 'events' | null {
  if (flow.url.trim() === '' || flow.check.phase === 'malformed') return 'url';
  if (flow.events.length === 0) return 'events';
  return null;
}

// dirty reports whether something would be lost.
export function dirty(flow: Flow): boolean {
  return flow.url.trim() !== (flow.base ?? '') || flow.events.length > 0 || flow.template !== null;
}

function judged(flow: Flow, verdict: Verdict): Flow {
  if (verdict.cause === 'format') return { ...flow, lock: 'form', check: { phase: 'malformed', verdict } };
  if (!verdict.ok) return { ...flow, lock: 'reach', check: { phase: 'unreachable', verdict } };
  if (flow.check.phase === 'reaching') return { ...flow, lock: 'none', check: { phase: 'reached', verdict } };
  return { ...flow, lock: flow.lock === 'form' ? 'none' : flow.lock, check: { phase: 'wellFormed', cancelled: false } };
}

function sending(flow: Flow): boolean {
  return flow.saving.phase === 'sending';
}

export function next(flow: Flow, event: FlowEvent): Flow {
  switch (event.type) {
    case 'started':
      return { ...begin(event.with), ticket: flow.ticket + 1 };
    case 'typed':
      if (sending(flow)) return flow;
      if (event.url.trim() === flow.url.trim()) return { ...flow, url: event.url };
      return judgeForm({ ...flow, url: event.url, saving: { phase: 'no' }, missing: null });
    case 'left':
      // One that is to be saved switched off gets no request, and what is wrong
      // already needs none.
      if (flow.off || sending(flow)) return flow;
      return flow.check.phase === 'typing' || flow.check.phase === 'wellFormed' ? reach(flow) : flow;
    case 'retried':
      if (sending(flow)) return flow;
      if (flow.check.phase === 'unjudged' && flow.check.asked === 'form') return judgeForm(flow);
      return flow.url.trim() === '' ? flow : reach({ ...flow, saving: { phase: 'no' } });
    case 'cancelled':
      if (flow.check.phase !== 'reaching') return flow;
      return { ...flow, ticket: flow.ticket + 1, check: { phase: 'wellFormed', cancelled: true } };
    case 'judged':
      return event.ticket === flow.ticket ? judged(flow, event.verdict) : flow;
    case 'unjudged': {
      if (event.ticket !== flow.ticket) return flow;
      const asked = flow.check.phase === 'reaching' ? 'reach' : 'form';
      return { ...flow, check: { phase: 'unjudged', asked, error: event.error } };
    }
    case 'offChosen': {
      if (sending(flow)) return flow;
      const chosen = { ...flow, off: event.off };
      if (event.off && flow.check.phase === 'reaching') return next(chosen, { type: 'cancelled' });
      return !event.off && flow.check.phase === 'wellFormed' ? reach(chosen) : chosen;
    }
    case 'eventsChosen':
      return locked(flow) || sending(flow) ? flow : { ...flow, events: [...event.events], missing: null };
    case 'templateChosen': {
      if (sending(flow)) return flow;
      const chosen = { ...flow, template: event.id, format: event.format, events: [...event.events] };
      // The receiver judges a body of this format, so a URL is checked anew.
      return event.format === flow.format ? chosen : judgeForm(chosen);
    }
    case 'formatChosen':
      return sending(flow) || event.format === flow.format ? flow : judgeForm({ ...flow, format: event.format, saving: { phase: 'no' } });
    case 'submitted': {
      if (sending(flow)) return flow;
      const missing = lack(flow);
      if (missing) return { ...flow, missing };
      // The server checks what it saves; a check under way would be a second one.
      return { ...next(flow, { type: 'cancelled' }), missing: null, saving: { phase: 'sending' } };
    }
    case 'refused':
      if (!sending(flow)) return flow;
      return judged({ ...flow, ticket: flow.ticket + 1, saving: { phase: 'no' } }, event.verdict);
    case 'failed':
      return sending(flow) ? { ...flow, saving: { phase: 'failed', error: event.error } } : flow;
  }
}
