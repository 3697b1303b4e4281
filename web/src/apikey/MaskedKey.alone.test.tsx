import { fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { t } from '../text';
import { answer, maskedKey, problem, show } from './fixture';
import { MaskedKey } from './MaskedKey';

const track = vi.hoisted(() => vi.fn());
vi.mock('../track', () => ({ track }));

const key = 'sX_edht6087confxrvitlMeySzylgmil3bg';
const words = t.apikey;

class Item {
  constructor(readonly parts: Record<string, Promise<Blob>>) {}
}

// clipboard gives the page a clipboard; what it took is in taken.
function clipboard(refuses = false) {
  const taken: string[] = [];
  const write = async (items: Item[]) => {
    if (refuses) throw new DOMException('no', 'NotAllowedError');
    taken.push((await items[0]?.parts['text/plain']) ? 'item' : '');
  };
  const writeText = async (text: string) => {
    if (refuses) throw new DOMException('no', 'NotAllowedError');
    taken.push(text);
  };
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('ClipboardItem', Item);
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { write, writeText } });
  return taken;
}

function oldWay(works: boolean) {
  document.execCommand = vi.fn(() => works);
  return document.execCommand;
}

beforeEach(() => track.mockClear());
afterEach(() => {
  vi.unstubAllGlobals();
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: undefined });
});

const click = () => fireEvent.click(screen.getByRole('button', { name: words.copy }));

test('the icon copies the key itself, and says so', async () => {
  const asked = answer({ 'POST /api/v1/api-key/copy': { body: { apiKey: key } } });
  const taken = clipboard();
  show(<MaskedKey masked={maskedKey} />);
  expect(screen.getByRole('textbox', { name: words.masked })).toHaveProperty('value', maskedKey);
  click();
  await waitFor(() => expect(screen.getByRole('status').textContent).toBe(words.copied));
  expect(taken).toEqual(['item']);
  expect(asked).toEqual([{ call: 'POST /api/v1/api-key/copy', body: { copyMethod: 'button' } }]);
  expect(track).not.toHaveBeenCalled(); // the server saw it
});

test.each(['ctrlKey', 'metaKey'])('%s and C in the field copy the whole key', async (modifier) => {
  const asked = answer({ 'POST /api/v1/api-key/copy': { body: { apiKey: key } } });
  clipboard();
  show(<MaskedKey masked={maskedKey} />);
  fireEvent.keyDown(screen.getByRole('textbox'), { key: 'c', [modifier]: true });
  await waitFor(() => expect(screen.getByRole('status').textContent).toBe(words.copied));
  expect(asked[0]?.body).toEqual({ copyMethod: 'shortcut' });
});

test('without a secure context the old way copies', async () => {
  answer({ 'POST /api/v1/api-key/copy': { body: { apiKey: key } } });
  vi.stubGlobal('isSecureContext', false);
  const command = oldWay(true);
  show(<MaskedKey masked={maskedKey} />);
  click();
  await waitFor(() => expect(screen.getByRole('status').textContent).toBe(words.copied));
  expect(command).toHaveBeenCalledWith('copy');
});

test('when both ways are refused the key stands there to be copied by hand', async () => {
  answer({ 'POST /api/v1/api-key/copy': { body: { apiKey: key } } });
  clipboard(true);
  oldWay(false);
  show(<MaskedKey masked={maskedKey} />);
  click();
  const field = await screen.findByRole('textbox', { name: words.byHandLabel });
  expect(field).toHaveProperty('value', key);
  expect(document.activeElement).toBe(field);
  expect(track).not.toHaveBeenCalled();
  fireEvent.copy(field);
  expect(track).toHaveBeenCalledWith('api_key_copied', { copy_method: 'manual' });
  expect(screen.getByRole('status').textContent).toBe(words.copied);
  fireEvent.click(screen.getByRole('button', { name: words.hide }));
  expect(screen.queryByDisplayValue(key)).toBeNull();
});

test('when the server refuses nothing is copied, and the reason stands there', async () => {
  answer({ 'POST /api/v1/api-key/copy': problem(503, 'database-unavailable', 'The database does not answer.', 'Try again in a few seconds.') });
  clipboard();
  oldWay(true);
  show(<MaskedKey masked={maskedKey} />);
  click();
  expect((await screen.findByRole('alert')).textContent).toContain('Try again in a few seconds.');
  expect(screen.getByRole('status').textContent).toBe('');
});
