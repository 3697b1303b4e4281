import { Box, Button, Text } from '@mantine/core';
import { useId } from 'react';
import { useText } from '../text';
import { Icon } from '../ui';

interface Props {
  allowed: boolean;
  onClick: () => void;
}

// RegenerateButton says beside it to those who may not use it why, and who can. It
// stays reachable by keyboard for them.
export function RegenerateButton({ allowed, onClick }: Props) {
  const t = useText().apikey;
  const why = useId();
  const icon = <Icon name="refresh" />;
  if (allowed) {
    return (
      <Button variant="default" leftSection={icon} onClick={onClick}>
        {t.regenerate}
      </Button>
    );
  }
  return (
    <Box maw="18rem" ta={{ sm: 'right' }}>
      <Button variant="default" leftSection={icon} data-disabled aria-disabled aria-describedby={why}>
        {t.regenerate}
      </Button>
      <Text id={why} size="xs" c="dimmed" mt={4}>
        {t.notAllowed}
      </Text>
    </Box>
  );
}
