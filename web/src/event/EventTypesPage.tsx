import { Button, Text, Tooltip } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { useSession } from '../session';
import { useText } from '../text';
import { Icon, PageHeader, Problem, Rows } from '../ui';
import { useEventTypes } from '../webhook/queries';
import { TypeDrawer } from './TypeDrawer';
import { TypeTable } from './TypeTable';

export default function EventTypesPage() {
  const t = useText();
  const words = t.event.types;
  const may = useSession().can('event_type.write');
  const query = useEventTypes();
  const [, setParams] = useSearchParams();
  const register = (
    <Button
      leftSection={<Icon name="plus" />}
      data-disabled={may ? undefined : true}
      aria-disabled={may ? undefined : true}
      onClick={() => may && setParams({ new: '1' }, { state: { typeOpened: true } })}
    >
      {words.register}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={words.title}
        subtitle={words.subtitle}
        back={{ to: '/settings/events', label: t.event.title }}
        actions={
          may ? (
            register
          ) : (
            <Tooltip label={words.viewOnly} multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
              {register}
            </Tooltip>
          )
        }
      />
      {!may && (
        <Text size="sm" c="dimmed" mb="md">
          {words.viewOnly}
        </Text>
      )}
      <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} />
      {query.data ? <TypeTable items={query.data.items} /> : !query.error && <Rows n={8} height={28} />}
      <TypeDrawer />
    </>
  );
}
