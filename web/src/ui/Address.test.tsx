import { render } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Address, WithAddresses } from './Address';

const parts = (html: string) => html.replaceAll('&amp;', '&').split('<wbr>');

test('a URL breaks after its parts, and keeps its scheme together', () => {
  const { container } = render(<Address url="https://api.example.com/webhooks/contacts?token=a&kind=b" />);
  expect(parts(container.innerHTML)).toEqual(['https://api.', 'example.', 'com/', 'webhooks/', 'contacts?', 'token=', 'a&', 'kind=', 'b']);
  expect(container.textContent).toBe('https://api.example.com/webhooks/contacts?token=a&kind=b');
});

test('in a sentence only the URLs break', () => {
  const { container } = render(<WithAddresses text="Tested the webhook https://a.example/hook: it answered 1.5 and/or 200." />);
  expect(parts(container.innerHTML)).toEqual(['Tested the webhook https://a.', 'example/', 'hook: it answered 1.5 and/or 200.']);
});
