import { Alert, Button, Checkbox, Group, List, Progress, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { ApiProblem } from '../../api';
import { useText } from '../../text';
import { Icon, Problem } from '../../ui';
import type { Imported } from '../types';
import { DropZone } from './DropZone';
import { Columns, Counts } from './Preview';
import { Proposals } from './Proposals';
import { useImport, useImports, usePreview, type Choices } from './queries';
import { RowTable } from './RowTable';

// ImportPanel takes a file, shows what it would do, and does it.
export function ImportPanel({ slug }: { slug: string }) {
  const t = useText().importFile;
  const preview = usePreview();
  const apply = useImport();
  const [file, setFile] = useState<File | null>(null);
  const [wrong, setWrong] = useState('');
  const take = (next: File) => {
    setWrong('');
    apply.reset();
    setFile(next);
    preview.mutate({ slug, file: next });
  };
  const refuse = (why: string) => {
    start();
    setWrong(why);
  };
  const start = () => {
    setWrong('');
    setFile(null);
    preview.reset();
    apply.reset();
  };
  const done = apply.data;
  const shown = done ?? preview.data;
  return (
    <Stack gap="md">
      {!shown && <HowTo />}
      {!apply.isPending && <DropZone busy={preview.isPending} label={shown ? t.another : t.choose} onFile={take} onWrong={refuse} />}
      {preview.isPending && (
        <Text size="sm" role="status">
          {t.reading}
        </Text>
      )}
      {wrong && (
        <Alert role="alert" color="red" icon={<Icon name="alert" />}>
          {wrong}
        </Alert>
      )}
      <Refused error={preview.error} />
      <Problem error={apply.error} onRetry={file ? () => preview.mutate({ slug, file }, { onSuccess: () => apply.reset() }) : undefined} retrying={preview.isPending} />
      {apply.isPending && <Working slug={slug} />}
      {shown && file && !apply.isPending && (
        <Shown key={done ? 'done' : 'preview'} result={shown} file={file} done={done !== undefined} onApply={(events, same) => apply.mutate({ slug, file, events, same })} onCancel={start} />
      )}
    </Stack>
  );
}

function HowTo() {
  const t = useText().importFile;
  return (
    <div>
      <Text size="sm" fw={600}>
        {t.how}
      </Text>
      <List size="sm" type="ordered">
        {t.steps.map((step) => (
          <List.Item key={step}>{step}</List.Item>
        ))}
      </List>
      <Text size="sm" c="dimmed">
        {t.emails}
      </Text>
    </div>
  );
}

// Refused says why a file is none, and which columns were seen in it.
function Refused({ error }: { error: unknown }) {
  const t = useText().importFile;
  const seen = error instanceof ApiProblem && Array.isArray(error.body.headers) ? error.body.headers.filter((one) => typeof one === 'string') : [];
  return (
    <>
      <Problem error={error} />
      {seen.length > 0 && (
        <Text size="sm">
          {t.seen}: {seen.join(', ')}
        </Text>
      )}
    </>
  );
}

// Working shows how far the import is, as it comes live.
function Working({ slug }: { slug: string }) {
  const t = useText().importFile;
  const running = useImports(slug).data?.imports.find((one) => one.state === 'running');
  return (
    <Stack gap={4} role="status" aria-label={t.working}>
      <Text size="sm">
        {t.working} {running && t.progress(running.done, running.people)}
      </Text>
      <Progress value={running ? (100 * running.done) / Math.max(running.people, 1) : 100} animated aria-label={t.working} />
    </Stack>
  );
}

interface ShownProps {
  result: Imported;
  file: File;
  done: boolean;
  onApply: (events: boolean, same: Choices) => void;
  onCancel: () => void;
}

function Shown({ result, file, done, onApply, onCancel }: ShownProps) {
  const t = useText().importFile;
  const [events, setEvents] = useState(true);
  const [same, setSame] = useState<Choices>({});
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []); // who listens hears what came of the file
  const writes = result.new + result.changed;
  return (
    <Stack gap="md">
      <div>
        <Text component="h3" ref={heading} tabIndex={-1} fw={600} m={0} style={{ outline: 'none', overflowWrap: 'anywhere' }}>
          {done ? t.done(file.name) : t.preview(file.name)}
        </Text>
        <Text size="sm">{done ? t.doneText(result.new, result.changed) : t.previewText}</Text>
      </div>
      {!done && <Columns columns={result.columns} />}
      <Counts result={result} />
      {!done && result.proposed > 0 && <Proposals result={result} same={same} onSame={setSame} />}
      {!done && writes === 0 && <Text size="sm">{t.nothing}</Text>}
      {!done && writes > 0 && (
        <>
          <Checkbox label={t.events} description={t.eventsText} checked={events} onChange={(event) => setEvents(event.currentTarget.checked)} />
          <Group gap="xs">
            <Button onClick={() => onApply(events, same)}>{t.apply(writes)}</Button>
            <Button variant="default" onClick={onCancel}>
              {t.cancel}
            </Button>
          </Group>
        </>
      )}
      <RowTable result={result} same={same} onSame={done ? undefined : setSame} />
    </Stack>
  );
}
