import { VisuallyHidden } from '@mantine/core';
import { useText } from '../text';

// Dash stands where a value is not known (yet).
export function Dash() {
  const t = useText();
  return (
    <span>
      <span aria-hidden>–</span>
      <VisuallyHidden>{t.shell.unknown}</VisuallyHidden>
    </span>
  );
}

interface Props {
  value: number | null | undefined;
  options?: Intl.NumberFormatOptions;
}

// Num is a number by the browser's locale, or a dash.
export function Num({ value, options }: Props) {
  if (value === null || value === undefined || Number.isNaN(value)) return <Dash />;
  return <>{new Intl.NumberFormat(undefined, options).format(value)}</>;
}
