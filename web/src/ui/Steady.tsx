import type { ComponentPropsWithRef, MouseEvent } from 'react';

type Props = ComponentPropsWithRef<'button'> & { 'data-loading'?: boolean };

const wait = (event: MouseEvent) => event.preventDefault(); // nor is a form sent

// Steady is the element of a button that keeps the focus while it works. Browsers
// take it from one that is disabled, and whoever uses the keyboard is lost then.
export function Steady({ disabled = false, onClick, type = 'button', ...rest }: Props) {
  const busy = disabled && Boolean(rest['data-loading']);
  if (!busy) return <button {...rest} type={type} disabled={disabled} onClick={onClick} />;
  return <button {...rest} type={type} aria-disabled aria-busy onClick={wait} />;
}
