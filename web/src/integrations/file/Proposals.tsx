import { Alert, Anchor, Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { pathOf } from '../../record/kind';
import { useText } from '../../text';
import { Icon } from '../../ui';
import type { Imported, ImportRow } from '../types';
import type { Choices } from './queries';

interface Props {
  same: Choices;
  onSame: (same: Choices) => void;
}

// Proposals counts the rows that may be somebody who is known, and decides for all.
export function Proposals({ result, same, onSame }: Props & { result: Imported }) {
  const t = useText().importFile;
  const chosen = Object.keys(same).length;
  // Of several contacts none is more likely than the others.
  const all = () => onSame({ ...same, ...Object.fromEntries(result.rows.flatMap(({ line, alike }) => (alike?.length === 1 && alike[0] ? [[line, alike[0].id]] : []))) });
  return (
    <Alert color="blue" title={t.proposed(result.proposed)} icon={<Icon name="alert" />}>
      <Stack gap="xs">
        <Text size="sm">{t.proposedText}</Text>
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={all}>
            {t.allSame}
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => onSame({})} disabled={chosen === 0}>
            {t.allApart}
          </Button>
          <Text size="sm" role="status">
            {t.chosen(chosen)}
          </Text>
        </Group>
      </Stack>
    </Alert>
  );
}

// Alike are the contacts that a row may be, each with the choice that it is.
export function Alike({ row, same, onSame }: Props & { row: ImportRow }) {
  const t = useText().importFile;
  const choose = (contact: string, on: boolean) => {
    const others = Object.fromEntries(Object.entries(same).filter(([line]) => Number(line) !== row.line));
    onSame(on ? { ...others, [row.line]: contact } : others);
  };
  return (row.alike ?? []).map(({ id, name, company, title, email }) => {
    const link = (
      <Anchor href={pathOf('contacts', id)} target="_blank" rel="noopener" size="sm">
        {[name, title, company, email].filter(Boolean).join(', ')}
      </Anchor>
    );
    return (
      <div key={id}>
        {t.maybe} {link}
        <Checkbox size="xs" label={t.same} aria-label={t.sameAs1(name)} checked={same[row.line] === id} onChange={(event) => choose(id, event.currentTarget.checked)} />
      </div>
    );
  });
}
