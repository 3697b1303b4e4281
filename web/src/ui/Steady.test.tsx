import { ActionIcon, Button, MantineProvider } from '@mantine/core';
import { fireEvent, render, screen } from '@testing-library/react';
import type { ReactElement } from 'react';
import { expect, test, vi } from 'vitest';
import { theme } from '../theme';

const show = (element: ReactElement) => render(element, { wrapper: ({ children }) => <MantineProvider theme={theme}>{children}</MantineProvider> });
const button = () => screen.getByRole<HTMLButtonElement>('button');

test.each([
  ['a button', (busy: boolean, onClick: () => void) => <Button loading={busy} onClick={onClick} />],
  ['an icon', (busy: boolean, onClick: () => void) => <ActionIcon loading={busy} onClick={onClick} aria-label="Copy" />],
])('%s that works is not disabled, so that it keeps the focus, but takes no click', (_, of) => {
  const onClick = vi.fn();
  const { rerender } = show(of(false, onClick));
  button().focus();
  rerender(of(true, onClick));
  expect([button().disabled, button().getAttribute('aria-disabled')]).toEqual([false, 'true']);
  expect(document.activeElement).toBe(button());
  fireEvent.click(button());
  expect(onClick).not.toHaveBeenCalled();
  rerender(of(false, onClick));
  fireEvent.click(button());
  expect(onClick).toHaveBeenCalledTimes(1);
});

test('one that works does not send its form, nor does one that is no button for sending', () => {
  const onSubmit = vi.fn((event: Event) => event.preventDefault());
  const form = (button: ReactElement) => <form onSubmit={(event) => onSubmit(event.nativeEvent)}>{button}</form>;
  const { rerender } = show(form(<Button type="submit" loading />));
  fireEvent.click(button());
  rerender(form(<Button />));
  fireEvent.click(button());
  expect(onSubmit).not.toHaveBeenCalled();
  rerender(form(<Button type="submit" />));
  fireEvent.click(button());
  expect(onSubmit).toHaveBeenCalledTimes(1);
});

test('one that is disabled is so', () => {
  show(<Button disabled />);
  expect(button().disabled).toBe(true);
});
