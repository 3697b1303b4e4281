import { Button } from '@mantine/core';
import { useText } from '../text';
import { Empty } from '../ui';

// NoMatch is what a list shows when its filters leave nothing.
export function NoMatch({ title, onClear }: { title: string; onClear: () => void }) {
  const t = useText().delivery;
  return (
    <Empty
      title={title}
      text={t.list.noMatchText}
      action={
        <Button variant="default" onClick={onClear}>
          {t.filter.clear}
        </Button>
      }
    />
  );
}
