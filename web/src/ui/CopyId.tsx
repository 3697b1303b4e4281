import { Box, Code, Group } from '@mantine/core';
import { useText } from '../text';
import { CopyButton } from './CopyButton';

interface Props {
  value: string;
  label?: string; // what is copied, for screen readers
}

// CopyId is an id that can be copied whole, however narrow its place is.
export function CopyId({ value, label }: Props) {
  const t = useText();
  return (
    <Group gap={2} wrap="nowrap" component="span" display="inline-flex" maw="100%">
      <Box component="span" miw={0} style={{ overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }} title={value}>
        <Code>{value}</Code>
      </Box>
      <CopyButton value={value} label={label ?? t.shell.copyId} />
    </Group>
  );
}
