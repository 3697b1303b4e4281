import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useText, type Text as Texts } from '../text';
import { Diff, Icon } from '../ui';
import { indent } from '../delivery/json';
import type { OneType } from './queries';

interface Props {
  seen: OneType; // what the form began with
  current: OneType;
  onKeep: () => void;
  onTake: () => void;
}

// TypeConflict shows what somebody else has changed of a type meanwhile, and lets
// one choose what the form goes on with.
export function TypeConflict({ seen, current, onKeep, onTake }: Props) {
  const t = useText();
  const words = t.event.form;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.scrollIntoView({ block: 'nearest' }); // what it gives is no clean-up
  }, []);
  return (
    <Alert ref={box} color="yellow" role="alert" title={words.staleTitle} icon={<Icon name="alert" />}>
      <Stack gap="xs">
        <Text size="sm">{words.staleText}</Text>
        <Diff before={partsOf(seen, t)} after={partsOf(current, t)} />
        <Group gap="xs">
          <Button variant="default" size="compact-sm" onClick={onKeep}>
            {words.keepMine}
          </Button>
          <Button variant="default" size="compact-sm" onClick={onTake}>
            {words.takeTheirs}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function partsOf({ type, schema, example }: OneType, t: Texts) {
  const words = t.event.types;
  return {
    [words.column.description]: type.description,
    [words.schema]: indent(schema) || undefined,
    [words.example]: indent(example) || undefined,
    [words.strict]: type.strict,
  };
}
