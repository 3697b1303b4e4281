import { MantineProvider } from '@mantine/core';
import { fireEvent, render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { absolute } from './time';
import { When } from './When';

const ago = new Date(Date.now() - 3 * 3_600_000);

function show(at: string | null) {
  const { container } = render(
    <MantineProvider env="test">
      <When at={at} />
    </MantineProvider>,
  );
  return container;
}

test.each([
  ['the pointer', fireEvent.mouseEnter],
  ['the keyboard', fireEvent.focus],
] as const)('a relative time says the absolute one to %s', async (_, reach) => {
  show(ago.toISOString());
  const time = screen.getByText('3 hours ago');
  expect(time.getAttribute('datetime')).toBe(ago.toISOString());
  expect(time.tabIndex).toBe(0);
  expect(screen.queryByRole('tooltip')).toBeNull();
  reach(time);
  expect((await screen.findByRole('tooltip')).textContent).toBe(absolute(ago));
});

test('a time that is not known is a dash', () => {
  expect(show(null).textContent).toContain('–');
});
