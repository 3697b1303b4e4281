import { Button, Group, List, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { useState } from 'react';
import { Sentence } from '../../ui';
import { ImportPanel } from '../file/ImportPanel';
import { Logo } from '../parts/Logo';
import { Actions } from './Actions';
import type { StepProps } from './ConnectGuide';

// AboutStep says what follows from connecting it.
export function AboutStep({ detail, onNext }: StepProps) {
  const t = useText();
  const words = t.connect.about;
  const [byFile, setByFile] = useState(false);
  return (
    <Stack gap="md">
      <Group wrap="nowrap" gap="sm">
        <Logo src={detail.icon} />
        <Text fw={600}>{words.title(detail.name)}</Text>
      </Group>
      <List size="sm" spacing={6}>
        {detail.does.map((line) => (
          <List.Item key={line}>
            <Sentence text={line} />
          </List.Item>
        ))}
      </List>
      {byFile && <ImportPanel slug={detail.slug} />}
      <Actions onNext={onNext}>
        {detail.imports && !byFile && (
          <Button variant="default" onClick={() => setByFile(true)}>
            {t.importFile.instead}
          </Button>
        )}
      </Actions>
    </Stack>
  );
}
