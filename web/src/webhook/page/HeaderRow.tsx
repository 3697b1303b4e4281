import { Button, Code, Group, Stack, Text, TextInput } from '@mantine/core';
import type { Dispatch } from 'react';
import { useText } from '../../text';
import { Icon } from '../../ui';
import type { HeaderEvent, Row, RowProblems } from './headers';

interface Props {
  row: Row;
  problems?: RowProblems;
  dispatch: Dispatch<HeaderEvent>;
}

// HeaderRow is one custom header: its name, and a value only while it is typed.
export function HeaderRow({ row, problems, dispatch }: Props) {
  return row.stored ? <Stored row={row} problems={problems} dispatch={dispatch} /> : <New row={row} problems={problems} dispatch={dispatch} />;
}

function Stored({ row, problems, dispatch }: Props) {
  const t = useText().webhookPage.headers;
  const { key, name } = row;
  const plain = !row.removed && !row.replaced;
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs" miw={0}>
          <Code style={{ overflowWrap: 'anywhere' }}>{row.removed ? <del>{name}</del> : name}</Code>
          <Text size="sm" c="dimmed">
            {row.removed ? t.gone : plain ? t.hidden : ''}
          </Text>
        </Group>
        <Group gap={4}>
          {plain && (
            <>
              <Button size="compact-sm" variant="default" aria-label={t.replaceOf(name)} onClick={() => dispatch({ type: 'replacing', key })}>
                {t.replace}
              </Button>
              <Button size="compact-sm" variant="default" aria-label={t.removeOf(name)} onClick={() => dispatch({ type: 'removed', key })}>
                {t.remove}
              </Button>
            </>
          )}
          {!plain && (
            <Button size="compact-sm" variant="default" aria-label={t.keepOf(name)} onClick={() => dispatch({ type: 'kept', key })}>
              {t.keep}
            </Button>
          )}
        </Group>
      </Group>
      {row.replaced && <Value row={row} label={t.newValueOf(name)} problems={problems} dispatch={dispatch} />}
    </Stack>
  );
}

function New({ row, problems, dispatch }: Props) {
  const t = useText().webhookPage.headers;
  const { key } = row;
  return (
    <Stack gap={4}>
      <Group gap="xs" align="flex-start">
        <TextInput
          flex="1 1 10rem"
          label={t.name}
          value={row.name}
          autoFocus
          autoComplete="off"
          spellCheck={false}
          error={problems?.name && t.problem[problems.name]}
          onChange={(event) => dispatch({ type: 'named', key, name: event.currentTarget.value })}
        />
        <Value row={row} label={t.value} problems={problems} dispatch={dispatch} />
      </Group>
      <Group justify="flex-end">
        <Button size="compact-sm" variant="default" leftSection={<Icon name="trash" />} aria-label={t.removeOf(row.name)} onClick={() => dispatch({ type: 'removed', key })}>
          {t.remove}
        </Button>
      </Group>
    </Stack>
  );
}

function Value({ row, label, problems, dispatch }: Props & { label: string }) {
  const t = useText().webhookPage.headers;
  return (
    <TextInput
      flex="1 1 10rem"
      label={label}
      value={row.value}
      autoFocus={row.replaced}
      autoComplete="off"
      spellCheck={false}
      error={problems?.value && t.problem[problems.value]}
      onChange={(event) => dispatch({ type: 'valued', key: row.key, value: event.currentTarget.value })}
    />
  );
}
