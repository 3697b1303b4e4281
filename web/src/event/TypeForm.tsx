import { Button, Group, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useState, type FormEvent } from 'react';
import { ApiProblem } from '../api';
import { indent } from '../delivery/json';
import { useText } from '../text';
import { Problem } from '../ui';
import { JsonField } from './JsonField';
import { useEventType, useSaveType, type OneType } from './queries';
import { emptyType, mistakesOf, place, type TypeInput } from './typeInput';

interface Props {
  saved?: OneType; // the version that is changed; none for a new type
  onDirty: (dirty: boolean) => void;
  onSaved: (type: string) => void;
  onCancel: () => void;
}

function inputOf(saved: OneType | undefined): TypeInput {
  if (!saved) return emptyType;
  const { type, description, strict } = saved.type;
  return { type, description, strict, schema: indent(saved.schema), example: indent(saved.example) };
}

// TypeForm registers an event type or changes one. It says what is wrong before
// the server is asked, and puts the server's own messages to their fields.
export function TypeForm({ saved: first, onDirty, onSaved, onCancel }: Props) {
  const t = useText();
  const words = t.event.form;
  const [base, setBase] = useState(first);
  const [input, setInput] = useState(() => inputOf(first));
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const latest = useEventType(base?.type.type ?? '');
  const save = useSaveType();

  const dirty = JSON.stringify(input) !== JSON.stringify(inputOf(base));
  useEffect(() => onDirty(dirty), [dirty, onDirty]);
  useEffect(() => () => onDirty(false), [onDirty]);

  const mistakes = mistakesOf(input);
  const problem = save.error instanceof ApiProblem ? save.error : null;
  const placed = place(problem?.errors ?? []);
  const stale = problem?.status === 412;
  // What belongs to a field stands there; the rest is shown above all.
  const shownAbove = problem && placed.rest.length === 0 && problem.errors.length > 0 ? null : save.error;

  const set = (change: Partial<TypeInput>) => {
    setInput((now) => ({ ...now, ...change }));
    if (save.error && !stale) save.reset();
  };
  const leave = (field: string) => setLeft((now) => new Set(now).add(field));
  const isLeft = (field: keyof TypeInput) => left.has(field) || left.has('all');
  const ownWords = (field: 'type' | 'strict') => {
    const mistake = mistakes[field];
    return (isLeft(field) && mistake && words[mistake]) || placed.at[field]?.join('. ');
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    leave('all');
    if (Object.keys(mistakes).length > 0 || save.isPending) return;
    save.mutate(
      { input, version: base ? (base.type.version ?? 0) : null },
      {
        onSuccess: (now) => {
          const name = now.type.type;
          notifications.show({ color: 'green', title: base ? words.saved : words.registered, message: base ? name : words.registeredText(name) });
          onSaved(name);
        },
      },
    );
  };

  async function loadLatest() {
    const { data } = await latest.refetch();
    if (!data) return;
    setBase(data);
    setInput(inputOf(data));
    save.reset();
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Problem error={shownAbove} />
        {stale && (
          <Group gap="xs">
            <Button variant="default" size="compact-sm" loading={latest.isFetching} onClick={() => void loadLatest()}>
              {words.stale}
            </Button>
            <span>{words.staleHint}</span>
          </Group>
        )}
        <TextInput
          label={words.type}
          description={words.typeHint}
          value={input.type}
          disabled={base !== undefined}
          required
          data-autofocus={base ? undefined : true}
          placeholder="invoice.paid"
          error={ownWords('type')}
          onBlur={() => leave('type')}
          onChange={(event) => set({ type: event.currentTarget.value.trim() })}
        />
        <Textarea
          label={words.description}
          description={words.descriptionHint}
          value={input.description}
          autosize
          maxRows={4}
          data-autofocus={base ? true : undefined}
          error={placed.at.description?.join('. ')}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
        <JsonField
          label={words.schema}
          hint={words.schemaHint}
          value={input.schema}
          mistake={isLeft('schema') ? mistakes.schema : undefined}
          messages={placed.at.schema}
          onLeave={() => leave('schema')}
          onChange={(schema) => set({ schema })}
        />
        <JsonField
          label={words.example}
          hint={words.exampleHint}
          value={input.example}
          mistake={isLeft('example') ? mistakes.example : undefined}
          messages={placed.at.example}
          onLeave={() => leave('example')}
          onChange={(example) => set({ example })}
        />
        <Switch
          label={words.strict}
          description={words.strictHint}
          checked={input.strict}
          error={ownWords('strict')}
          onChange={(event) => {
            leave('strict');
            set({ strict: event.currentTarget.checked });
          }}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {base ? words.save : words.saveNew}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
