import { Button, Group, Stack, Text } from '@mantine/core';
import { useRef } from 'react';
import { useText } from '../../text';
import { Icon } from '../../ui';
import { useEventTypes } from '../../webhook/queries';
import type { Choice, Detail, Rule } from '../types';
import { RuleForm } from './RuleForm';
import { eventsOf, templates } from './templates';

interface Props {
  detail: Detail;
  value: Rule[];
  channels: Choice[] | undefined;
  tried: boolean;
  disabled: boolean;
  onChange: (rules: Rule[]) => void;
}

const empty: Rule = { events: [], channel: '', title: '', text: '' };

// RulesInput says which events become messages, in which channel, with which words.
export default function RulesInput({ detail, value, channels, tried, disabled, onChange }: Props) {
  const t = useText().integrationPage.rules;
  const types = useEventTypes().data?.items.map((one) => one.type);
  const add = useRef<HTMLButtonElement>(null);
  const start = (rule: Rule) => onChange([...value, { ...rule, channel: value.at(-1)?.channel ?? '' }]);
  return (
    <Stack gap="md">
      {value.length === 0 && (
        <Text size="sm" c="dimmed">
          {t.none}
        </Text>
      )}
      {value.map((rule, i) => (
        <RuleForm
          key={i}
          n={i + 1}
          detail={detail}
          rule={rule}
          types={types ?? []}
          channels={channels}
          tried={tried}
          disabled={disabled}
          onChange={(next) => onChange(value.with(i, next))}
          onRemove={() => {
            onChange(value.toSpliced(i, 1));
            add.current?.focus();
          }}
        />
      ))}
      <Group gap="xs" role="group" aria-label={t.start}>
        <Text size="sm">{t.start}</Text>
        {templates.map((name) => (
          <Button
            key={name}
            size="compact-sm"
            variant="default"
            disabled={disabled}
            onClick={() => start({ ...empty, title: t.templates[name].title, text: t.templates[name].text, events: eventsOf(name, types) })}
          >
            {t.templates[name].label}
          </Button>
        ))}
        <Button ref={add} size="compact-sm" variant="default" leftSection={<Icon name="plus" size={14} />} disabled={disabled} onClick={() => start(empty)}>
          {t.add}
        </Button>
      </Group>
    </Stack>
  );
}
