import { Button, Drawer, Group, Stack, Text, Title } from '@mantine/core';
import { useCallback, useState } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { ApiProblem } from '../api';
import { useSession } from '../session';
import { useText } from '../text';
import { Code, Icon, Problem, Rows } from '../ui';
import { indent } from '../delivery/json';
import { useEventType, type OneType } from './queries';
import { TypeForm } from './TypeForm';

// What the address opens: ?type=NAME, ?type=NAME&edit=1, ?new=1.
function useOpenType() {
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const opened = (useLocation().state as { typeOpened?: boolean } | null)?.typeOpened === true;
  const close = useCallback(() => {
    if (opened) void navigate(-1);
    else setParams({}, { replace: true });
  }, [opened, navigate, setParams]);
  return { type: params.get('type') ?? '', isNew: params.has('new'), editing: params.has('edit'), setParams, close };
}

// TypeDrawer shows an event type, and edits or registers one of the
// organization's own. What was typed is not lost by an accidental close.
export function TypeDrawer() {
  const t = useText();
  const words = t.event;
  const { type, isNew, editing, setParams, close } = useOpenType();
  const may = useSession().can('event_type.write');
  const form = may && (isNew || editing);
  const key = isNew ? 'new' : type;
  const [shown, setShown] = useState({ key, form }); // stays while the drawer slides away
  const opened = key !== '';
  const [edited, setEdited] = useState(false); // since it was opened: the form took the focus with it
  if (edited !== (opened && (edited || form))) setEdited(!edited);
  if (opened && (shown.key !== key || shown.form !== form)) setShown({ key, form });

  const done = (saved: string) => setParams({ type: saved }, { replace: true, state: { typeOpened: true } });
  const title = shown.key === 'new' ? words.form.register : shown.form ? words.form.change(shown.key) : shown.key;
  return (
    <Drawer
      opened={opened}
      onClose={close}
      position="right"
      size="min(44rem, 100%)"
      title={title}
      attributes={{ header: { role: 'none' } }}
      closeButtonProps={{ 'aria-label': words.types.close }}
    >
      {shown.key === 'new' && shown.form && <TypeForm onSaved={done} onCancel={close} />}
      {shown.key !== 'new' && shown.key !== '' && (
        <Loaded
          type={shown.key}
          form={shown.form}
          edited={edited}
          onEdit={() => setParams({ type, edit: '1' }, { replace: true, state: { typeOpened: true } })}
          onSaved={done}
          onCancel={() => setParams({ type }, { replace: true, state: { typeOpened: true } })}
        />
      )}
    </Drawer>
  );
}

interface LoadedProps {
  type: string;
  form: boolean;
  edited: boolean;
  onEdit: () => void;
  onSaved: (type: string) => void;
  onCancel: () => void;
}

function Loaded({ type, form, edited, onEdit, ...rest }: LoadedProps) {
  const t = useText();
  const query = useEventType(type);
  if (query.data && form && !query.data.type.builtIn) return <TypeForm key={type} saved={query.data} {...rest} />;
  if (query.data) return <Details one={query.data} edited={edited} onEdit={onEdit} />;
  if (query.error instanceof ApiProblem && query.error.status === 404) {
    return (
      <Stack gap="xs">
        <Text>{t.event.types.missing(type)}</Text>
        <Text size="sm">{t.event.types.missingFix}</Text>
      </Stack>
    );
  }
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />;
  return <Rows n={8} />;
}

function Details({ one, edited, onEdit }: { one: OneType; edited: boolean; onEdit: () => void }) {
  const t = useText();
  const words = t.event.types;
  const may = useSession().can('event_type.write');
  const { type, schema, example } = one;
  return (
    <Stack gap="lg">
      <Text>{type.description}</Text>
      {type.builtIn ? (
        <Text size="sm" c="dimmed">
          {words.builtInText}
        </Text>
      ) : may ? (
        <Group>
          <Button variant="default" leftSection={<Icon name="edit" />} autoFocus={edited} onClick={onEdit}>
            {words.edit}
          </Button>
        </Group>
      ) : (
        <Text size="sm" c="dimmed">
          {words.viewOnly}
        </Text>
      )}
      <section>
        <Title order={3} size="h5" mb="xs">
          {words.schema}
        </Title>
        <Text size="sm" mb="xs">
          {schema === '' ? words.noSchemaText : type.strict ? words.strictText : words.lenientText}
        </Text>
        {schema !== '' && <Code text={indent(schema)} copy={words.copySchema} />}
      </section>
      <section>
        <Title order={3} size="h5" mb="xs">
          {words.example}
        </Title>
        {example === '' ? <Text size="sm">{words.noExampleText}</Text> : <Code text={indent(example)} copy={words.copyExample} />}
      </section>
    </Stack>
  );
}
