import { Image } from '@mantine/core';

// Logo is an integration's icon. Its name stands beside it.
export function Logo({ src, size = 32 }: { src: string; size?: number }) {
  return <Image src={src} alt="" w={size} h={size} fit="contain" style={{ flexShrink: 0 }} />;
}
