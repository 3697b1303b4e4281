import { Alert, Button, Group, Text } from '@mantine/core';
import { useText } from '../text';

interface Props {
  again: 'startOver' | 'undo'; // what is lost: a new thing, or changes of a stored one
  onAgain: () => void;
}

// Restored says that a form shows what was typed into it before.
export function Restored({ again, onAgain }: Props) {
  const t = useText().draft;
  return (
    <Alert color="blue" p="xs" role="status">
      <Group justify="space-between" gap="xs">
        <Text size="sm">{t.restored}</Text>
        <Button size="compact-sm" variant="default" onClick={onAgain}>
          {t[again]}
        </Button>
      </Group>
    </Alert>
  );
}
