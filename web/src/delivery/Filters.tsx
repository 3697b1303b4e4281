import { Button, Collapse, Group, Stack, Text } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { useId, type ReactNode } from 'react';
import { useText } from '../text';
import { Icon } from '../ui';
import { phone } from './phone';
import { SearchField } from './SearchField';

interface Props {
  label: string; // of the whole
  search: { label: string; hint: string; clearLabel: string; value: string; maxLength: number; onChange: (text: string) => void };
  set: number; // how many filters are set beside the search
  notes?: ReactNode; // below the fields
  onClear: () => void;
  children: ReactNode; // the fields
}

// Filters narrow a list: fields and a text search in a row. On a phone the
// fields are folded away behind a button that says how many are set.
export function Filters({ label, search, set, notes, onClear, children }: Props) {
  const t = useText();
  const narrow = useMediaQuery(phone, undefined, { getInitialValueInEffect: false });
  const clear = (set > 0 || search.value !== '') && (
    <Button size="compact-sm" variant="subtle" onClick={onClear}>
      {t.delivery.filter.clear}
    </Button>
  );
  return (
    <Stack gap="xs" role="search" aria-label={label}>
      {narrow ? (
        <Folded search={search} set={set}>
          {children}
        </Folded>
      ) : (
        <Group align="flex-start" gap="sm">
          {children}
          <SearchField {...search} flex="1 1 11rem" />
        </Group>
      )}
      {(notes || clear) && (
        <Group gap="sm">
          {notes}
          {clear}
        </Group>
      )}
    </Stack>
  );
}

function Folded({ search, set, children }: Pick<Props, 'search' | 'set' | 'children'>) {
  const t = useText();
  const [open, { toggle }] = useDisclosure(false);
  const fields = useId();
  const { hint, ...rest } = search;
  return (
    <>
      <Group gap="xs" wrap="nowrap">
        <SearchField {...rest} hint="" aria-description={hint} aria-label={search.label} label="" placeholder={search.label} flex={1} />
        <Button variant="default" px="sm" leftSection={<Icon name="filter" />} onClick={toggle} aria-expanded={open} aria-controls={fields} style={{ flexShrink: 0 }}>
          {t.delivery.filter.fold(set)}
        </Button>
      </Group>
      <Collapse id={fields} expanded={open}>
        <Stack gap="xs">
          <Text size="xs" c="dimmed">
            {`${search.label}: ${hint}`}
          </Text>
          {children}
        </Stack>
      </Collapse>
    </>
  );
}
