import { Button, Group, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useCallback, useEffect, useRef, useState, type FormEvent } from 'react';
import { flushSync } from 'react-dom';
import { ApiProblem } from '../api';
import { Restored, useDraft } from '../draft';
import { indent } from '../delivery/json';
import { useText } from '../text';
import { Problem } from '../ui';
import { JsonField } from './JsonField';
import { useEventType, useSaveType, type OneType } from './queries';
import { TypeConflict } from './TypeConflict';
import { emptyType, mistakesOf, place, type TypeInput } from './typeInput';

interface Props {
  saved?: OneType; // the version that is changed; none for a new type
  onSaved: (type: string) => void;
  onCancel: () => void;
}

function inputOf(saved: OneType | undefined): TypeInput {
  if (!saved) return emptyType;
  const { type, description, strict } = saved.type;
  return { type, description, strict, schema: indent(saved.schema), example: indent(saved.example) };
}

interface TypeDraft {
  base?: OneType; // what the form began with
  input: TypeInput;
}

function readType(value: unknown): TypeDraft | null {
  const draft = value as Partial<TypeDraft> | null;
  return typeof draft?.input?.type === 'string' && typeof draft.input.schema === 'string' ? (draft as TypeDraft) : null;
}

// TypeForm registers an event type or changes one. What was typed is there again
// when the form is left and opened anew. It says what is wrong before
// the server is asked, and puts the server's own messages to their fields.
export function TypeForm({ saved: first, onSaved, onCancel }: Props) {
  const t = useText();
  const words = t.event.form;
  const { found, keep, drop, forget } = useDraft(`eventType.${first?.type.type ?? ''}`, readType);
  const [base, setBase] = useState(found?.base ?? first);
  const [input, setInput] = useState(() => found?.input ?? inputOf(first));
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const latest = useEventType(base?.type.type ?? '');
  const save = useSaveType();

  const dirty = JSON.stringify(input) !== JSON.stringify(inputOf(base));
  const saved = useRef(false);
  useEffect(() => {
    if (dirty && !saved.current) keep({ base, input }, false);
    else drop();
  }, [dirty, base, input, keep, drop]);

  const mistakes = mistakesOf(input);
  const problem = save.error instanceof ApiProblem ? save.error : null;
  const placed = place(problem?.errors ?? []);
  const stale = problem?.status === 412;
  // What belongs to a field stands there; the rest is shown beside Save.
  const shownBelow = stale || (problem && placed.rest.length === 0 && problem.errors.length > 0) ? null : save.error;

  // What is wrong may be out of sight.
  const form = useRef<HTMLFormElement>(null);
  const focusWrong = useCallback(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), []);
  useEffect(() => {
    if (problem) focusWrong();
  }, [problem, focusWrong]);

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
    flushSync(() => leave('all'));
    if (Object.keys(mistakes).length > 0) focusWrong();
    if (Object.keys(mistakes).length > 0 || save.isPending) return;
    save.mutate(
      { input, version: base ? (base.type.version ?? 0) : null },
      {
        onSuccess: (now) => {
          const name = now.type.type;
          saved.current = true;
          drop();
          notifications.show({ color: 'green', title: base ? words.saved : words.registered, message: base ? name : words.registeredText(name) });
          onSaved(name);
        },
        onError: (error) => {
          if (error instanceof ApiProblem && error.status === 412) void latest.refetch(); // to show what it is now
        },
      },
    );
  };

  const startOver = () => {
    forget();
    setBase(first);
    setInput(inputOf(first));
    setLeft(new Set());
    save.reset();
  };

  // goOn goes on from what is saved now, with what was typed or without it.
  async function goOn(keep: boolean) {
    const { data } = await latest.refetch();
    if (!data) return;
    setBase(data);
    if (!keep) setInput(inputOf(data));
    save.reset();
  }

  return (
    <form ref={form} onSubmit={submit} noValidate>
      <Stack>
        {found && dirty && <Restored again={base ? 'undo' : 'startOver'} onAgain={startOver} />}
        <TextInput
          label={words.type}
          description={words.typeHint}
          value={input.type}
          disabled={base !== undefined}
          required
          data-autofocus={base ? undefined : true}
          placeholder={words.typeSample}
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
          autoFocus={base !== undefined} // the button that led here is gone
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
        <Problem error={shownBelow} />
        {stale && base && (
          <TypeConflict seen={base} current={latest.data ?? base} onKeep={() => void goOn(true)} onTake={() => void goOn(false)} />
        )}
        {/* A field that is left may show a mistake, which would move these from under the pointer that presses them. */}
        <Group justify="flex-end" gap="xs" onMouseDown={(event) => event.preventDefault()}>
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
