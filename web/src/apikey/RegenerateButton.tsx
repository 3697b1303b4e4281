import { Button, Tooltip, VisuallyHidden } from '@mantine/core';
import { useId } from 'react';
import { useText } from '../text';
import { Icon } from '../ui';

interface Props {
  allowed: boolean;
  onClick: () => void;
}

// RegenerateButton stays reachable by keyboard for those who may not use it, so
// that they can read why.
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
    <>
      <Tooltip label={t.notAllowed} multiline w={260} events={{ hover: true, focus: true, touch: true }}>
        <Button variant="default" leftSection={icon} data-disabled aria-disabled aria-describedby={why}>
          {t.regenerate}
        </Button>
      </Tooltip>
      <VisuallyHidden id={why}>{t.notAllowed}</VisuallyHidden>
    </>
  );
}
