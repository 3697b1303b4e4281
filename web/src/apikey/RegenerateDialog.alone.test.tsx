import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { Link } from 'react-router';
import { expect, test, vi } from 'vitest';
import { t } from '../text';
import { answer, keyView, problem, show, type Answer, type Answers } from './fixture';
import { RegenerateDialog } from './RegenerateDialog';
import type { Holder } from './replacement';

const track = vi.hoisted(() => vi.fn());
vi.mock('../track', () => ({ track }));

const words = t.apikey;
const newKey = 'sX_newnewnewnewnewnewnewnewnewnewnewnew';
const fine: Answers = {
  'GET /api/v1/api-key': { body: keyView },
  'GET /api/v1/webhooks': { body: { activeWebhooks: [], availableEvents: [] } },
  'POST /api/v1/session/confirm': { body: { token: 'token', expires: '2026-03-02T10:00:00Z' } },
  'POST /api/v1/api-key/copy': { body: { apiKey: newKey } },
  'POST /api/v1/api-key/regenerate': made([]),
};

// made is the answer to a regeneration, with where the old key still stands.
function made(oldKeyIn?: Holder[]): Answer {
  return { body: { apiKey: newKey, maskedDisplay: 'sX_****new', oldKeyIn } };
}

function Page() {
  const [opened, setOpened] = useState(true);
  return (
    <>
      <p>{opened ? 'open' : 'closed'}</p>
      <Link to="/elsewhere">elsewhere</Link>
      <RegenerateDialog opened={opened} onClose={() => setOpened(false)} />
    </>
  );
}

async function confirm(password = 'secret') {
  const field = await screen.findByLabelText(new RegExp(words.dialog.password));
  fireEvent.change(field, { target: { value: password } });
  fireEvent.click(screen.getByRole('button', { name: 'Confirm' }));
}

const escape = () => fireEvent.keyDown(document.body, { key: 'Escape' });
const closed = () => waitFor(() => screen.getByText('closed'));

test('it asks in the exact words and says that there is no way back', async () => {
  answer(fine);
  show(<Page />);
  expect(await screen.findByRole('dialog', { name: 'Are you sure you want to regenerate the API key?' })).toBeTruthy();
  expect(screen.getByText(/stops at once and cannot be brought back/)).toBeTruthy();
});

test('password, reason and the time from dialog to Confirm are sent, and the new key is shown', async () => {
  const asked = answer(fine);
  show(<Page />);
  fireEvent.change(await screen.findByLabelText(words.dialog.reason), { target: { value: 'suspected_leak' } });
  await confirm();
  expect(await screen.findByDisplayValue(newKey)).toBeTruthy();
  const sent = (call: string) => asked.find((a) => a.call === call)?.body as Record<string, unknown>;
  expect(sent('POST /api/v1/session/confirm')).toEqual({ purpose: 'api_key.regenerate', password: 'secret' });
  const regenerated = sent('POST /api/v1/api-key/regenerate');
  expect(regenerated).toMatchObject({ token: 'token', reason: 'suspected_leak' });
  expect(Number.isInteger(regenerated.confirmationTime)).toBe(true);
});

test('without a password nothing is sent', async () => {
  const asked = answer(fine);
  show(<Page />);
  await confirm('');
  expect(screen.getByText(words.dialog.passwordMissing)).toBeTruthy();
  expect(asked.every((a) => a.call.startsWith('GET'))).toBe(true);
});

test('the secret screen does not close silently', async () => {
  answer(fine);
  show(<Page />);
  await confirm();
  await screen.findByDisplayValue(newKey);
  escape();
  expect(await screen.findByRole('alertdialog', { name: words.fresh.askTitle })).toBeTruthy();
  expect(screen.getByText('open')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: words.fresh.stay }));
  expect(screen.queryByRole('alertdialog')).toBeNull();
  fireEvent.click(screen.getByLabelText(words.fresh.stored));
  escape();
  await closed();
});

test('another page asks first, and comes after "Close anyway"', async () => {
  answer(fine);
  const { router } = show(<Page />);
  await confirm();
  await screen.findByDisplayValue(newKey);
  fireEvent.click(screen.getByText('elsewhere'));
  fireEvent.click(await screen.findByRole('button', { name: words.fresh.leave }));
  await closed();
  await waitFor(() => expect(router.state.location.pathname).toBe('/elsewhere'));
});

test('who stays is on the same page', async () => {
  answer(fine);
  const { router } = show(<Page />);
  await confirm();
  await screen.findByDisplayValue(newKey);
  fireEvent.click(screen.getByText('elsewhere'));
  fireEvent.click(await screen.findByRole('button', { name: words.fresh.stay }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  expect(router.state.location.pathname).toBe('/');
  expect(screen.getByDisplayValue(newKey)).toBeTruthy();
});

test('who stays and leaves again at once is asked again', async () => {
  answer(fine);
  const { router } = show(<Page />);
  await confirm();
  await screen.findByDisplayValue(newKey);
  fireEvent.click(screen.getByText('elsewhere'));
  const stay = await screen.findByRole('button', { name: words.fresh.stay });
  await act(async () => {
    fireEvent.click(stay);
    await router.navigate('/elsewhere'); // before React has rendered that nobody leaves
  });
  fireEvent.click(await screen.findByRole('button', { name: words.fresh.leave }));
  await closed();
  await waitFor(() => expect(router.state.location.pathname).toBe('/elsewhere'));
});

test('closing the tab asks until the key was copied whole', async () => {
  answer(fine);
  show(<Page />);
  await confirm();
  const field = await screen.findByDisplayValue<HTMLInputElement>(newKey);
  const leave = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
  expect(leave()).toBe(false);
  field.setSelectionRange(0, 12);
  fireEvent.copy(field);
  expect(leave()).toBe(false);
  fireEvent.focus(field);
  fireEvent.copy(field);
  await waitFor(() => expect(leave()).toBe(true));
});

test('each copy of the new key is recorded as it was made, and as no other', async () => {
  const asked = answer(fine);
  show(<Page />);
  await confirm();
  const field = await screen.findByDisplayValue(newKey);
  fireEvent.focus(field);
  fireEvent.copy(field); // from the menu
  fireEvent.keyDown(field, { key: 'c', ctrlKey: true });
  fireEvent.copy(field);
  fireEvent.keyUp(field, { key: 'c', ctrlKey: true });
  document.execCommand = () => true;
  fireEvent.click(screen.getByRole('button', { name: words.fresh.copy }));
  const copies = () => asked.filter((a) => a.call === 'POST /api/v1/api-key/copy').map((a) => a.body);
  await waitFor(() => expect(copies()).toEqual([{ copyMethod: 'manual' }, { copyMethod: 'shortcut' }, { copyMethod: 'button' }]));
  expect(track).not.toHaveBeenCalled(); // it would change the copy that was recorded last
});

test('a wrong password leaves the old key, and what was chosen', async () => {
  answer({ ...fine, 'POST /api/v1/session/confirm': problem(422, 'password-wrong', 'This is not your password.') });
  show(<Page />);
  fireEvent.change(await screen.findByLabelText(words.dialog.reason), { target: { value: 'failing' } });
  await confirm('wrong');
  expect((await screen.findByRole('alert')).textContent).toContain('The old key still works.');
  expect(screen.getAllByText('This is not your password.')).toHaveLength(1);
  expect(screen.getByLabelText(words.dialog.reason)).toHaveProperty('value', 'failing');
});

test('a failed regeneration says that the old key still works and why', async () => {
  answer({ ...fine, 'POST /api/v1/api-key/regenerate': problem(503, 'database-unavailable', 'The database does not answer.', 'Try again in a few seconds.') });
  show(<Page />);
  await confirm();
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('The old key still works.');
  expect(alert.textContent).toContain('The database does not answer.');
  expect(alert.textContent).toContain('Try again in a few seconds.');
});

test('an answer that was lost is no failure', async () => {
  let masked = keyView.maskedDisplay;
  const replaced = () => {
    masked = 'sX_****other';
    return 'offline' as const;
  };
  answer({
    ...fine,
    'GET /api/v1/api-key': () => ({ body: { ...keyView, maskedDisplay: masked } }),
    'POST /api/v1/api-key/regenerate': replaced,
  });
  show(<Page />);
  await confirm();
  expect((await screen.findByRole('alert')).textContent).toContain(words.failed.replaced);
  expect(screen.queryByRole('button', { name: 'Confirm' })).toBeNull();
});

const health = { ok: true, failures: 0 };
const webhook = { id: 'wh_1', url: 'https://api.example.com/a', headerNames: ['Authorization', 'X-Team'], hasHeaders: true, version: 4, health };
const holding = (form: Holder['form'], webhookId = 'wh_1'): Holder => ({ webhookId, header: 'Authorization', form });

test('a header that holds the old key is offered the new one, the others stay', async () => {
  const asked = answer({
    ...fine,
    'GET /api/v1/webhooks': { body: { activeWebhooks: [webhook, { ...webhook, id: 'wh_2' }], availableEvents: [] } },
    'POST /api/v1/api-key/regenerate': made([holding('bearer')]),
    'PATCH /api/v1/webhooks/wh_1': { body: { ...webhook, version: 5 } },
  });
  show(<Page />);
  await confirm();
  const button = await screen.findByRole('button', { name: words.headers.replaceOf('Authorization', webhook.url) });
  fireEvent.click(button);
  expect(await screen.findByText(words.headers.replaced('Authorization'))).toBeTruthy();
  const sent = asked.find((a) => a.call.startsWith('PATCH'));
  expect(sent?.body).toEqual({ headers: { Authorization: `Bearer ${newKey}`, 'X-Team': null } });
});

test('where the old key stands among other text, the way to the webhook is shown', async () => {
  answer({
    ...fine,
    'GET /api/v1/webhooks': { body: { activeWebhooks: [webhook], availableEvents: [] } },
    'POST /api/v1/api-key/regenerate': made([holding('within'), holding('alone', 'wh_deleted')]),
  });
  show(<Page />);
  await confirm();
  expect((await screen.findByRole('link', { name: words.headers.page })).getAttribute('href')).toBe('/settings/webhooks/wh_1');
  expect(screen.queryByText(words.headers.replace)).toBeNull();
});

test('webhooks that could not be listed are asked for again, not passed over', async () => {
  let away = true;
  answer({
    ...fine,
    'GET /api/v1/webhooks': () => (away ? problem(503, 'database-unavailable', 'The database does not answer.') : { body: { activeWebhooks: [webhook], availableEvents: [] } }),
    'POST /api/v1/api-key/regenerate': made([holding('alone')]),
  });
  show(<Page />);
  await confirm();
  await screen.findByText('The database does not answer.');
  away = false;
  fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
  expect(await screen.findByRole('button', { name: words.headers.replaceOf('Authorization', webhook.url) })).toBeTruthy();
});

test.each([
  ['nothing is said of webhooks whose headers do not hold it', [], false],
  ['what is not known is said', undefined, true],
] as const)('%s', async (_, oldKeyIn, said) => {
  answer({
    ...fine,
    'GET /api/v1/webhooks': { body: { activeWebhooks: [webhook], availableEvents: [] } },
    'POST /api/v1/api-key/regenerate': made(oldKeyIn && [...oldKeyIn]),
  });
  show(<Page />);
  await confirm();
  await screen.findByDisplayValue(newKey);
  expect(screen.queryByRole('region', { name: words.headers.title })).toBeNull();
  expect(screen.queryByText(words.headers.unknown) !== null).toBe(said);
});
