import { describe, expect, test } from 'vitest';
import { begin, dirty, lack, locked, next, offChoice, type Flow, type FlowEvent, type Start, type Verdict } from './flow';

const passed: Verdict = { ok: true, durationMs: 43, detail: 'The server answered 200.' };
const malformed: Verdict = { ok: false, durationMs: 0, cause: 'format', message: 'Invalid webhook URL format', detail: 'The URL is not absolute.' };
const refused: Verdict = { ok: false, durationMs: 9, cause: 'status', message: 'Webhook endpoint unreachable', detail: 'The server answered 401.' };
const notPermitted: Verdict = { ...refused, cause: 'address_refused', detail: '10.0.0.1 is private.' };

const url = 'https://your-api.com/webhooks';

// after plays events from a start; "judge" stands for the verdict on what the
// flow waits for at that moment.
type Step = FlowEvent | { judge: Verdict } | { fail: unknown };
function after(steps: Step[], start: Start = {}): Flow {
  return steps.reduce<Flow>((flow, step) => {
    if ('judge' in step) return next(flow, { type: 'judged', ticket: flow.ticket, verdict: step.judge });
    if ('fail' in step) return next(flow, { type: 'unjudged', ticket: flow.ticket, error: step.fail });
    return next(flow, step);
  }, begin(start));
}
const typed = (value = url): FlowEvent => ({ type: 'typed', url: value });
const left: FlowEvent = { type: 'left' };
const events: FlowEvent = { type: 'eventsChosen', events: ['contact.updated'] };
const off = (on = true): FlowEvent => ({ type: 'offChosen', off: on });
const ready: Step[] = [typed(), { judge: passed }, left, { judge: passed }, events];

describe('the check of the URL', () => {
  test('goes from typing over the form to the endpoint', () => {
    expect(after([]).check.phase).toBe('empty');
    expect(after([typed()]).check.phase).toBe('typing');
    expect(after([typed(), { judge: passed }]).check.phase).toBe('wellFormed');
    expect(after([typed(), { judge: passed }, left]).check.phase).toBe('reaching');
    expect(after([typed(), { judge: passed }, left, { judge: passed }]).check).toEqual({ phase: 'reached', verdict: passed });
  });

  test('leaving while the form is not judged asks the endpoint at once, which judges the form too', () => {
    expect(after([typed('nonsense'), left]).check.phase).toBe('reaching');
    expect(after([typed('nonsense'), left, { judge: malformed }]).check.phase).toBe('malformed');
  });

  test('only the newest verdict counts', () => {
    const first = after([typed('https://a.example'), { judge: passed }, left]);
    const second = next(first, typed('https://b.example'));
    expect(next(second, { type: 'judged', ticket: first.ticket, verdict: refused })).toBe(second);
    expect(next(second, { type: 'unjudged', ticket: first.ticket, error: new Error() })).toBe(second);
  });

  test('a URL that is changed after the check is checked again', () => {
    const flow = after([...ready, typed(`${url}/2`)]);
    expect(flow.check.phase).toBe('typing');
    expect(after([...ready, typed(`${url}/2`), { judge: passed }, left]).check.phase).toBe('reaching');
  });

  test('a space around it changes nothing', () => {
    const flow = after([...ready, typed(` ${url} `)]);
    expect(flow.check.phase).toBe('reached');
    expect(flow.url).toBe(` ${url} `);
  });

  test('can be cancelled and asked for again; what comes late is passed over', () => {
    const reaching = after([typed(), { judge: passed }, left]);
    const cancelled = next(reaching, { type: 'cancelled' });
    expect(cancelled.check).toEqual({ phase: 'wellFormed', cancelled: true });
    expect(next(cancelled, { type: 'judged', ticket: reaching.ticket, verdict: refused })).toBe(cancelled);
    expect(next(cancelled, left).check.phase).toBe('reaching');
  });

  test('without a verdict it says so, and asks the same again', () => {
    const form = after([typed(), { fail: 'away' }]);
    expect(form.check).toEqual({ phase: 'unjudged', asked: 'form', error: 'away' });
    expect(next(form, { type: 'retried' }).check.phase).toBe('typing');
    const reach = after([typed(), { judge: passed }, left, { fail: 'away' }]);
    expect(next(reach, { type: 'retried' }).check.phase).toBe('reaching');
  });

  test('another format is checked again, for the receiver judges its body', () => {
    const slack: FlowEvent = { type: 'templateChosen', id: 'slack', format: 'slack', events: ['contact.created'] };
    expect(after([...ready, slack]).check.phase).toBe('typing');
    const zapier: FlowEvent = { type: 'templateChosen', id: 'zapier', format: 'standard', events: ['contact.created'] };
    const flow = after([...ready, zapier]);
    expect(flow.check.phase).toBe('reached');
    expect(flow.events).toEqual(['contact.created']);
  });
});

describe('the events', () => {
  const cases: [string, Step[], boolean][] = [
    ['are open before a URL is there', [], false],
    ['are open while a first URL is typed', [typed()], false],
    ['are locked by a wrong form', [typed('x'), { judge: malformed }], true],
    ['stay locked while it is corrected', [typed('x'), { judge: malformed }, typed()], true],
    ['open when the form is right', [typed('x'), { judge: malformed }, typed(), { judge: passed }], false],
    ['are locked when the endpoint is unreachable', [typed(), left, { judge: refused }], true],
    ['stay locked by another URL of the right form', [typed(), left, { judge: refused }, typed(`${url}/2`), { judge: passed }], true],
    ['open when that is reached', [typed(), left, { judge: refused }, typed(`${url}/2`), { judge: passed }, left, { judge: passed }], false],
    ['open when it shall be saved switched off', [typed(), left, { judge: refused }, off()], false],
    ['are locked again when it shall not', [typed(), left, { judge: refused }, off(), off(false)], true],
    ['stay locked by an address that is not permitted', [typed(), left, { judge: notPermitted }, off()], true],
    ['are locked by a wrong form even if switched off', [typed(), { judge: passed }, off(), typed('x'), { judge: malformed }], true],
  ];
  test.each(cases)('%s', (_, steps, want) => {
    expect(locked(after(steps))).toBe(want);
  });

  test('keep what was chosen while they are locked', () => {
    const flow = after([...ready, typed('x'), { judge: malformed }]);
    expect(flow.events).toEqual(['contact.updated']);
    expect(next(flow, { type: 'eventsChosen', events: [] }).events).toEqual(['contact.updated']);
  });
});

describe('saving switched off', () => {
  test('is offered for a right form and a permitted address', () => {
    expect(offChoice(after([]))).toBe('closed');
    expect(offChoice(after([typed('x'), { judge: malformed }]))).toBe('closed');
    expect(offChoice(after([typed(), { judge: passed }]))).toBe('open');
    expect(offChoice(after([typed(), left, { judge: refused }]))).toBe('open');
    expect(offChoice(after([typed(), left, { judge: notPermitted }]))).toBe('refused');
  });

  test('ends a check under way, and asks for none', () => {
    expect(after([typed(), left, off()]).check).toEqual({ phase: 'wellFormed', cancelled: true });
    expect(after([typed(), { judge: passed }, off(), left]).check.phase).toBe('wellFormed');
  });

  test('taken back, the endpoint is asked', () => {
    expect(after([typed(), { judge: passed }, off(), off(false)]).check.phase).toBe('reaching');
  });
});

describe('saving', () => {
  const submit: FlowEvent = { type: 'submitted' };

  test('says what is missing', () => {
    expect(after([submit]).missing).toBe('url');
    expect(after([typed(), { judge: passed }, submit]).missing).toBe('events');
    expect(after([typed('x'), { judge: malformed }, submit]).saving.phase).toBe('no');
    expect(lack(after(ready))).toBeNull();
  });

  test('is begun once, however often it is asked for', () => {
    const once = after([...ready, submit]);
    expect(once.saving.phase).toBe('sending');
    expect(next(once, submit)).toBe(once);
    expect(next(once, typed('https://else.example'))).toBe(once);
    expect(next(once, off())).toBe(once);
  });

  test('does not wait for the check: the server checks what it saves', () => {
    const flow = after([typed(), { judge: passed }, events, left, submit]);
    expect(flow.saving.phase).toBe('sending');
    expect(flow.check.phase).toBe('wellFormed');
  });

  test('shows the verdict of the server where that of the check stands', () => {
    const flow = after([...ready, submit, { type: 'refused', verdict: refused }]);
    expect(flow.check).toEqual({ phase: 'unreachable', verdict: refused });
    expect(flow.saving.phase).toBe('no');
    expect(locked(flow)).toBe(true);
    expect(flow.events).toEqual(['contact.updated']);
  });

  test('that failed loses nothing, and can be tried again', () => {
    const flow = after([...ready, submit, { type: 'failed', error: 'away' }]);
    expect(flow).toMatchObject({ url, events: ['contact.updated'], saving: { phase: 'failed', error: 'away' } });
    expect(next(flow, submit).saving.phase).toBe('sending');
  });

  test('what the server says of an earlier try is passed over', () => {
    const flow = after(ready);
    expect(next(flow, { type: 'refused', verdict: refused })).toBe(flow);
    expect(next(flow, { type: 'failed', error: 'away' })).toBe(flow);
  });
});

describe('editing', () => {
  const start: Start = { base: url, events: ['contact.updated'] };

  test('the URL at present needs no check', () => {
    expect(after([left], start).check.phase).toBe('unchanged');
    expect(after([typed(`${url}/2`), { judge: passed }, typed()], start).check.phase).toBe('unchanged');
  });

  test('going back to it opens the events', () => {
    expect(locked(after([typed(`${url}/2`), left, { judge: refused }, typed()], start))).toBe(false);
  });

  test('another format makes the URL at present one to be checked, and back again', () => {
    const slack: FlowEvent = { type: 'formatChosen', format: 'slack' };
    expect(after([slack], start).check.phase).toBe('typing');
    expect(after([slack, { judge: passed }, left], start).check.phase).toBe('reaching');
    expect(after([slack, { type: 'formatChosen', format: 'standard' }], start).check.phase).toBe('unchanged');
    expect(after([], { ...start, format: 'slack', baseFormat: 'standard' }).check.phase).toBe('typing');
  });

  test('one that is off is not asked', () => {
    expect(after([typed(`${url}/2`), { judge: passed }, left], { ...start, off: true }).check.phase).toBe('wellFormed');
  });
});

test('a draft begins with its URL judged anew', () => {
  const flow = begin({ url, events: ['contact.created'], off: true, format: 'slack', template: 'slack' });
  expect(flow).toMatchObject({ url, events: ['contact.created'], off: true, format: 'slack', check: { phase: 'typing' } });
  expect(dirty(flow)).toBe(true);
  expect(dirty(begin())).toBe(false);
});
