import { Button, Group, Select, Stack, Text, Textarea } from '@mantine/core';
import { useId, type FormEvent, type KeyboardEvent } from 'react';
import { indent } from '../../delivery/json';
import { useText } from '../../text';
import { Icon } from '../../ui';
import { checkPayload, mistakeWords } from './payload';

interface Props {
  types: { type: string }[];
  subscribed: string[];
  type: string;
  text: string;
  edited: boolean; // the text is not the type's example
  sending: boolean;
  onType: (type: string) => void;
  onText: (text: string) => void;
  onReset: () => void;
  onSend: () => void;
}

// SendForm chooses a type of event and edits its payload, which is checked with
// every letter.
export function SendForm({ types, subscribed, type, text, edited, sending, onType, onText, onReset, onSend }: Props) {
  const t = useText();
  const words = t.testTool.form;
  const verdict = useId();
  const mistake = checkPayload(text);
  const names = types.map((e) => e.type);
  const groups = [
    { group: words.wanted, items: names.filter((name) => subscribed.includes(name)) },
    { group: words.others, items: names.filter((name) => !subscribed.includes(name)) },
  ].filter((g) => g.items.length > 0);

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (!mistake && !sending) onSend();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    submit();
  };
  return (
    <form onSubmit={submit} aria-label={words.label}>
      <Stack gap="sm">
        <Select
          label={words.type}
          description={subscribed.includes(type) ? undefined : words.notSubscribed(type)}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          data={groups}
          value={type}
          onChange={(next) => next && onType(next)}
          allowDeselect={false}
          searchable
          nothingFoundMessage={words.noType}
          maw={420}
        />
        <Textarea
          label={words.payload}
          description={words.payloadHint}
          value={text}
          onChange={(event) => onText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          autosize
          minRows={8}
          maxRows={24}
          spellCheck={false}
          autoCorrect="off"
          autoCapitalize="off"
          aria-invalid={mistake !== null}
          aria-describedby={verdict}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 'var(--mantine-font-size-sm)' } }}
        />
        <Text id={verdict} size="sm" role="status" c={mistake ? 'var(--mantine-color-error)' : 'dimmed'}>
          {mistake ? mistakeWords(mistake, t) : `${words.valid}. ${edited ? words.edited : words.example}`}
        </Text>
        <Group gap="xs">
          <Button type="submit" leftSection={<Icon name="send" />} loading={sending} disabled={mistake !== null}>
            {words.send}
          </Button>
          <Button variant="default" disabled={mistake !== null} onClick={() => onText(indent(text))}>
            {words.indent}
          </Button>
          {edited && (
            <Button variant="subtle" onClick={onReset}>
              {words.reset}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
