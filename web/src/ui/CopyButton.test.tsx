import { MantineProvider } from '@mantine/core';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { CopyButton } from './CopyButton';

// Over plain HTTP a page has no clipboard; what is left is the old command.
function oldWay(works: boolean) {
  vi.stubGlobal('isSecureContext', false);
  document.execCommand = vi.fn(() => works);
}

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(document, 'execCommand');
});

function show() {
  const onCopied = vi.fn();
  render(
    <MantineProvider env="test">
      <CopyButton value="evt_1" label="Copy the id" onCopied={onCopied} />
    </MantineProvider>,
  );
  return { onCopied, button: screen.getByRole('button', { name: 'Copy the id' }), said: () => screen.getByRole('status').textContent };
}

test('a click copies and says so, without TLS too', async () => {
  oldWay(true);
  const { onCopied, button, said } = show();
  fireEvent.click(button);
  await waitFor(() => expect(said()).toBe('Copied'));
  expect(onCopied.mock.calls).toEqual([['button']]);
});

test('so does Ctrl+C on it, but not while a text is marked', async () => {
  oldWay(true);
  const { onCopied, button, said } = show();
  const marked = vi.spyOn(window, 'getSelection').mockReturnValue({ toString: () => 'marked' } as Selection);
  fireEvent.keyDown(button, { key: 'c', ctrlKey: true });
  expect(said()).toBe('');
  marked.mockRestore();
  fireEvent.keyDown(button, { key: 'c', ctrlKey: true });
  await waitFor(() => expect(said()).toBe('Copied'));
  expect(onCopied.mock.calls).toEqual([['shortcut']]);
});

test('what the browser refuses stands there to be copied by hand, whole', async () => {
  oldWay(false);
  const { onCopied, button, said } = show();
  fireEvent.click(button);
  const field = await screen.findByDisplayValue<HTMLInputElement>('evt_1');
  fireEvent.focus(field);
  field.setSelectionRange(0, 3);
  fireEvent.copy(field);
  expect(onCopied).not.toHaveBeenCalled();
  field.select();
  fireEvent.copy(field);
  expect(onCopied.mock.calls).toEqual([['manual']]);
  expect(said()).toBe('Copied');
});
