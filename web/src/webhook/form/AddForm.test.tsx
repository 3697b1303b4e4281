import { act, configure, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forgetDrafts } from '../../draft';
import { useWebhooks } from '../queries';
import { json, problem, sample, serve, session, world, type Asked } from '../testing';
import { AddForm } from './AddForm';
import { forgetSecret } from './secret';

const url = 'https://your-api.com/webhooks';
const secret = 'whsec_dGVzdHNlY3JldA==';
const available = ['contact.created', 'contact.updated', 'email.sent'];
const added = { ...sample, id: 'wh_2', url, events: ['contact.updated'], secret, verdict: { ok: true, durationMs: 4 } };

// The form is large, and a busy machine is slow.
vi.setConfig({ testTimeout: 30_000 });
configure({ asyncUtilTimeout: 5_000 });

beforeEach(() => {
  forgetDrafts();
  forgetSecret('usr_1');
});
afterEach(() => vi.unstubAllGlobals());

type Answers = Partial<Record<'validate' | 'add' | 'secret', (asked: Asked) => Response | Promise<Response>>>;

function server({ validate, add, secret: newSecret }: Answers = {}, list = () => [sample]) {
  return serve((asked) => {
    switch (`${asked.method} ${asked.path}`) {
      case 'GET /webhooks':
        return json({ activeWebhooks: list(), availableEvents: available });
      case 'GET /event-types':
      case 'GET /webhook-templates':
        return json({ items: [] });
      case 'POST /webhooks/secret':
        return newSecret?.(asked) ?? json({ secret });
      case 'POST /webhooks/validate':
        return validate?.(asked) ?? json({ ok: true, durationMs: 4, detail: 'The server answered 200.' });
      case 'POST /webhooks':
        return add?.(asked) ?? json(added, 201);
    }
    return problem(404, 'not-found', 'Nothing here.');
  });
}

function List() {
  useWebhooks();
  return null;
}

async function show(who = session(), waiting = false) {
  const onAdded = vi.fn();
  const { wrapper } = world(who);
  const view = render(
    <>
      <List />
      <AddForm onAdded={onAdded} onList={vi.fn()} />
    </>,
    { wrapper },
  );
  if (!waiting) await screen.findByDisplayValue(secret);
  await screen.findByLabelText('contact.updated');
  return { onAdded, ...view };
}

const field = () => screen.getByLabelText<HTMLInputElement>('Webhook URL');
const type = (value: string) => fireEvent.change(field(), { target: { value } });
const box = (name: string) => screen.getByLabelText<HTMLInputElement>(name);
const button = () => screen.getByRole('button', { name: 'Add Webhook' });
const posts = (asked: Asked[], path: string) => asked.filter((one) => one.method === 'POST' && one.path === path);

test('typing asks for the form alone, leaving asks the endpoint with the secret that is shown', async () => {
  const asked = server();
  await show();
  type(url);
  await screen.findByText('The format is right.');
  fireEvent.blur(field());
  await screen.findByText('The endpoint answered in 4 ms.');
  const [form, reach] = posts(asked, '/webhooks/validate').map((one) => one.body);
  expect(form).toEqual({ url, reach: false, format: 'standard' });
  expect(reach).toEqual({ url, reach: true, format: 'standard', secret });
});

test('a wrong form is said with its exact reason, and locks the events', async () => {
  server({ validate: () => json({ ok: false, durationMs: 0, cause: 'format', message: 'Invalid webhook URL format', detail: 'The URL starts with http://; only https:// is accepted.' }) });
  await show();
  fireEvent.click(box('email.sent'));
  type('http://your-api.com');
  await screen.findByText('Invalid webhook URL format');
  screen.getByText('The URL starts with http://; only https:// is accepted.');
  expect(box('email.sent').checked).toBe(true);
  expect(box('email.sent').disabled).toBe(true);
});

test('a double click adds once', async () => {
  let answer: (response: Response) => void = () => undefined;
  const asked = server({ add: () => new Promise((resolve) => (answer = resolve)) });
  const { onAdded } = await show();
  type(url);
  fireEvent.click(box('contact.updated'));
  fireEvent.click(button());
  fireEvent.click(button());
  await waitFor(() => expect(posts(asked, '/webhooks')).toHaveLength(1));
  fireEvent.click(button());
  answer(json(added, 201));
  await waitFor(() => expect(onAdded).toHaveBeenCalledWith('wh_2', expect.objectContaining({ title: 'Webhook added' })));
  expect(posts(asked, '/webhooks').map((one) => one.body)).toEqual([{ url, events: ['contact.updated'], enabled: true, format: 'standard', secret }]);
});

test('a webhook that is added before its secret has come waits for that very secret', async () => {
  let answer: (response: Response) => void = () => undefined;
  const asked = server({ secret: () => new Promise((resolve) => (answer = resolve)) });
  const { onAdded } = await show(session(), true);
  type(url);
  fireEvent.click(box('contact.updated'));
  fireEvent.click(button());
  await screen.findByText('Checking the endpoint and adding the webhook…');
  expect(posts(asked, '/webhooks')).toHaveLength(0);
  answer(json({ secret }));
  await waitFor(() => expect(onAdded).toHaveBeenCalled());
  expect(posts(asked, '/webhooks').map((one) => one.body.secret)).toEqual([secret]);
});

test('the verdict of the server is shown where that of the check stands', async () => {
  const detail = 'The server answered 401: reached, but it refused the request.';
  server({ add: () => problem(422, 'webhook-unreachable', detail, { message: 'Webhook endpoint unreachable', cause: 'status', durationMs: 5 }) });
  const { onAdded } = await show();
  type(url);
  fireEvent.click(box('contact.updated'));
  fireEvent.click(button());
  await screen.findByText('Webhook endpoint unreachable');
  screen.getByText(detail);
  expect(document.activeElement).toBe(field());
  expect(onAdded).not.toHaveBeenCalled();
  fireEvent.click(screen.getByLabelText('Save switched off'));
  expect(box('contact.updated').disabled).toBe(false);
});

test('an answer that was lost is looked for before another webhook is made', async () => {
  let there = [sample];
  const asked = server(
    {
      add: () => {
        there = [sample, { ...added }];
        throw new TypeError('the connection broke off');
      },
    },
    () => there,
  );
  const { onAdded } = await show();
  type(url);
  fireEvent.click(box('contact.updated'));
  fireEvent.click(button());
  await screen.findByText('The server cannot be reached');
  expect(field().value).toBe(url);
  fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
  await waitFor(() => expect(onAdded).toHaveBeenCalledWith('wh_2', expect.objectContaining({ title: 'Webhook added' })));
  expect(posts(asked, '/webhooks')).toHaveLength(1);
});

test('what was typed comes back, with the same secret while it is in memory, else with a new one that is spoken of', async () => {
  const asked = server();
  const first = await show();
  type(url);
  fireEvent.click(box('email.sent'));
  first.unmount();
  const second = await show();
  expect(field().value).toBe(url);
  expect(box('email.sent').checked).toBe(true);
  expect(posts(asked, '/webhooks/secret')).toHaveLength(1);
  expect(screen.queryByText(/This is a new secret/)).toBeNull();
  second.unmount();

  forgetSecret('usr_1'); // as a reload does
  await show();
  expect(field().value).toBe(url);
  screen.getByText(/This is a new secret/);
  expect(posts(asked, '/webhooks/secret')).toHaveLength(2);
});

test('a URL that is a credential survives a close of the dialog, and is in no storage', async () => {
  server();
  const slack = 'https://hooks.slack.com/services/T1234567/AAAAAAAA/ZZZZZZ';
  const first = await show();
  type(slack);
  fireEvent.click(box('email.sent'));
  first.unmount();
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain('slack');
  await show();
  expect(field().value).toBe(slack);
  expect(box('email.sent').checked).toBe(true);
  screen.getByText(/This is what you typed before/);
});

test('select all is in between while some are selected', async () => {
  server();
  await show();
  const all = box('Select all');
  fireEvent.click(box('email.sent'));
  expect(all.indeterminate).toBe(true);
  fireEvent.click(all);
  expect(available.map((event) => box(event).checked)).toEqual([true, true, true]);
  fireEvent.click(all);
  expect(available.map((event) => box(event).checked)).toEqual([false, false, false]);
});

test('a utility administrator reads why the key cannot be regenerated', async () => {
  server();
  await show(session(['webhook.read', 'webhook.write']));
  const link = screen.getByRole('button', { name: 'Regenerate Key' });
  expect(link.getAttribute('aria-disabled')).toBe('true');
  act(() => link.click());
  expect(screen.queryByText('Are you sure you want to regenerate the API key?')).toBeNull();
});
