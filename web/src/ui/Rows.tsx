import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';
import { useText } from '../text';

interface Props {
  n?: number;
  height?: number;
}

// Rows are skeleton lines while something loads.
export function Rows({ n = 3, height = 18 }: Props) {
  const t = useText();
  return (
    <Stack gap="sm" role="status" aria-busy>
      <VisuallyHidden>{t.shell.loading}</VisuallyHidden>
      {Array.from({ length: n }, (_, i) => (
        <Skeleton key={i} height={height} width={i % 3 === 2 ? '70%' : '100%'} aria-hidden />
      ))}
    </Stack>
  );
}
