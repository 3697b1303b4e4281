import { Box } from '@mantine/core';

// Logo is an integration's icon, a drawing in the colour of the text around it. Its
// name stands beside it.
export function Logo({ src, size = 32 }: { src: string; size?: number }) {
  const mask = `url("${src}") center / contain no-repeat`;
  return <Box aria-hidden w={size} h={size} bg="currentColor" style={{ flexShrink: 0, mask, WebkitMask: mask }} />;
}
