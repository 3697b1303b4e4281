import { Box, Text } from '@mantine/core';
import { useText } from '../text';
import { CopyButton } from './CopyButton';

interface Props {
  text: string;
  language?: string; // shown above, as "Go"
  copy?: boolean | string; // true, or what the copy button is called
  maxHeight?: number | string;
}

// Code is a block of text for machines; it scrolls by itself.
export function Code({ text, language, copy = false, maxHeight = '24rem' }: Props) {
  const t = useText();
  return (
    <Box pos="relative" bg="var(--mantine-color-body)" style={{ border: '1px solid var(--mantine-color-default-border)', borderRadius: 'var(--mantine-radius-sm)' }}>
      {language && (
        <Text size="xs" c="dimmed" px="sm" pt={6}>
          {language}
        </Text>
      )}
      <Box
        component="pre"
        m={0}
        p="sm"
        pr={copy ? 44 : 'sm'}
        fz="xs"
        ff="monospace"
        tabIndex={0}
        style={{ overflow: 'auto', maxHeight, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
      >
        {text}
      </Box>
      {copy && (
        <Box pos="absolute" top={4} right={4} bg="var(--mantine-color-body)">
          <CopyButton value={text} label={typeof copy === 'string' ? copy : t.shell.copy} />
        </Box>
      )}
    </Box>
  );
}
