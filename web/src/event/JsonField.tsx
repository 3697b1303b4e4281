import { Button, Group, Stack, Textarea } from '@mantine/core';
import { useRef } from 'react';
import { indent, mistakeIn } from '../delivery/json';
import { useText } from '../text';
import type { JsonMistake } from './typeInput';

interface Props {
  label: string;
  hint: string;
  value: string;
  mistake: JsonMistake | undefined;
  messages: string[] | undefined; // of the server
  onLeave: () => void;
  onChange: (text: string) => void;
}

// JsonField takes JSON as text. A mistake is named by line and column, and can
// be gone to.
export function JsonField({ label, hint, value, mistake, messages, onLeave, onChange }: Props) {
  const t = useText();
  const words = t.event.form;
  const field = useRef<HTMLTextAreaElement>(null);
  const at = typeof mistake === 'object' ? mistake : undefined;
  const error = at ? words.mistake(at.line, at.column, t.event.json[at.kind]) : mistake ? words.object : messages?.join('\n');

  const show = () => {
    if (!at || !field.current) return;
    field.current.focus();
    field.current.setSelectionRange(at.at, at.at + 1);
  };

  return (
    <Stack gap={4}>
      <Textarea
        ref={field}
        label={label}
        description={hint}
        value={value}
        error={error}
        autosize
        minRows={5}
        maxRows={18}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 'var(--mantine-font-size-xs)' }, error: { whiteSpace: 'pre-line' } }}
        onBlur={onLeave}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <Group gap="xs">
        {at && (
          <Button size="compact-xs" variant="default" onClick={show}>
            {words.show}
          </Button>
        )}
        {value.trim() !== '' && mistakeIn(value) === null && (
          <Button size="compact-xs" variant="subtle" onClick={() => onChange(indent(value))} disabled={indent(value) === value}>
            {words.layOut}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
