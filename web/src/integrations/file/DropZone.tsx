import { Box, FileButton, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../../text';
import { Icon } from '../../ui';

export const fileMost = 20 << 20; // bytes, as the server takes

interface Props {
  busy: boolean;
  label: string; // of the button
  onFile: (file: File) => void;
  onWrong: (why: string) => void;
}

// DropZone takes one file: dropped, or chosen by the button.
export function DropZone({ busy, label, onFile, onWrong }: Props) {
  const t = useText().importFile;
  const [over, setOver] = useState(false);
  const take = (files: File[]) => {
    const [file, another] = files;
    if (!file) return;
    if (another) onWrong(t.several);
    else if (file.size > fileMost) onWrong(t.tooLarge);
    else onFile(file);
  };
  const drop = (event: React.DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!busy) take([...event.dataTransfer.files]);
  };
  return (
    <Box
      data-drop
      p="lg"
      bd={`2px dashed ${over ? 'var(--mantine-primary-color-filled)' : 'var(--mantine-color-default-border)'}`}
      style={{ borderRadius: 'var(--mantine-radius-md)' }}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Group justify="center" gap="xs">
        <Text size="sm">{t.drop}</Text>
        <FileButton accept=".csv,.zip,text/csv,application/zip" onChange={(file) => file && take([file])} inputProps={{ 'aria-label': t.choose }}>
          {(props) => (
            <Button {...props} variant="default" loading={busy} leftSection={<Icon name="plus" />}>
              {label}
            </Button>
          )}
        </FileButton>
      </Group>
    </Box>
  );
}
