import { SimpleGrid, Skeleton, VisuallyHidden } from '@mantine/core';
import { useText } from '../../text';

// Skeletons stand where cards will be.
export function Skeletons({ n }: { n: number }) {
  const t = useText();
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, sm: 4 }} spacing="xs" role="status" aria-busy>
      <VisuallyHidden>{t.shell.loading}</VisuallyHidden>
      {Array.from({ length: n }, (_, i) => (
        <Skeleton key={i} height={42} aria-hidden />
      ))}
    </SimpleGrid>
  );
}
