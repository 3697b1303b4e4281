import { ActionIcon } from '@mantine/core';
import { Icon } from '../../ui';

interface Props {
  opened: boolean;
  controls: string; // id of what it shows
  label: string;
  onToggle: () => void;
}

// MoreToggle shows and hides more about a line.
export function MoreToggle({ opened, controls, label, onToggle }: Props) {
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-expanded={opened} aria-controls={opened ? controls : undefined} aria-label={label} onClick={onToggle}>
      <Icon name={opened ? 'chevronDown' : 'chevronRight'} />
    </ActionIcon>
  );
}
