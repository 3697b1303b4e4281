import { Group, Radio, Text } from '@mantine/core';
import type { Dispatch } from 'react';
import { useText } from '../../text';
import { useTemplates } from '../queries';
import type { FlowEvent } from './flow';
import { Skeletons } from './Skeletons';
import classes from './TemplateCards.module.css';

interface Props {
  chosen: string | null;
  dispatch: Dispatch<FlowEvent>;
}

// TemplateCards are the receivers that a new webhook can start from. Choosing
// one sets events that fit and the format. On a phone they are one row that
// scrolls sideways, since the URL comes first.
export function TemplateCards({ chosen, dispatch }: Props) {
  const t = useText().webhook.form;
  const { data, isError } = useTemplates();
  if (isError) {
    return (
      <Text size="sm" c="dimmed">
        {t.templatesFailed}
      </Text>
    );
  }
  if (!data) return <Skeletons n={7} />;
  const choose = (slug: string) => {
    const template = data.items.find((one) => one.slug === slug);
    if (template) dispatch({ type: 'templateChosen', id: slug, format: template.format, events: template.events });
  };
  const reached = chosen ?? data.items[0]?.slug; // by Tab; the arrow keys go on from there
  return (
    <Radio.Group
      label={t.startFrom}
      description={t.startFromText}
      classNames={{ description: classes.description }}
      value={chosen ?? ''}
      onChange={choose}
    >
      <div className={classes.cards}>
        {data.items.map((one) => (
          <Radio.Card key={one.slug} value={one.slug} className={classes.card} aria-label={one.name} tabIndex={one.slug === reached ? 0 : -1}>
            <Group gap="xs" wrap="nowrap">
              <Radio.Indicator size="xs" aria-hidden />
              <Text size="sm" fw={500} component="span">
                {one.name}
              </Text>
            </Group>
          </Radio.Card>
        ))}
      </div>
    </Radio.Group>
  );
}
