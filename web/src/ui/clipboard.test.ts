import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { copyText } from './clipboard';

let button: HTMLButtonElement;

beforeEach(() => {
  button = document.createElement('button');
  document.body.append(button);
});

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(document, 'execCommand');
});

// A browser with the parts that are named.
function browser(parts: { secure: boolean; write?: () => Promise<void>; writeText?: () => Promise<void>; command?: boolean }) {
  vi.stubGlobal('isSecureContext', parts.secure);
  vi.stubGlobal('ClipboardItem', parts.write ? class {} : undefined);
  vi.stubGlobal('navigator', { clipboard: { write: parts.write, writeText: parts.writeText } });
  document.execCommand = () => parts.command ?? false;
}

test('the text is promised within the click, before it is known', async () => {
  const write = vi.fn(() => Promise.resolve());
  browser({ secure: true, write });
  const done = copyText(new Promise(() => undefined), button);
  expect(write).toHaveBeenCalledTimes(1);
  expect(await done).toBe(true);
});

test('each way that is refused leads to the next', async () => {
  const refuse = () => Promise.reject(new Error('no'));
  browser({ secure: true, write: refuse, writeText: () => Promise.resolve() });
  expect(await copyText(Promise.resolve('a'), button)).toBe(true);
  browser({ secure: true, write: refuse, writeText: refuse, command: true });
  expect(await copyText(Promise.resolve('a'), button)).toBe(true);
  browser({ secure: false, command: true });
  expect(await copyText(Promise.resolve('a'), button)).toBe(true);
  browser({ secure: false, command: false });
  expect(await copyText(Promise.resolve('a'), button)).toBe(false);
  expect(document.querySelector('textarea')).toBeNull();
});

test('a text that cannot be fetched is an error, not a refusal of the browser', async () => {
  browser({ secure: true, writeText: () => Promise.resolve() });
  await expect(copyText(Promise.reject(new Error('403')), button)).rejects.toThrow('403');
});
