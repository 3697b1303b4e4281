import { Alert, Button, Checkbox, Fieldset, Group, Select, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useText } from '../../text';
import { Icon, Sentence, When } from '../../ui';
import { GuidanceText } from '../parts/GuidanceText';
import type { Choice, Detail, Rule } from '../types';
import { RulePreview } from './RulePreview';

const titleMost = 200; // characters
const textMost = 2_000;

interface Props {
  n: number;
  detail: Detail;
  rule: Rule;
  types: string[];
  channels: Choice[] | undefined;
  tried: boolean;
  disabled: boolean;
  onChange: (rule: Rule) => void;
  onRemove: () => void;
}

// RuleForm is one rule: these events, to this channel, in these words.
export function RuleForm({ n, detail, rule, types, channels, tried, disabled, onChange, onRemove }: Props) {
  const t = useText().integrationPage.rules;
  const set = (part: Partial<Rule>) => onChange({ ...rule, ...part });
  const all = [...types, ...rule.events.filter((type) => !types.includes(type))];
  return (
    <Fieldset legend={t.rule(n)} disabled={disabled}>
      <Stack gap="sm">
        <Checkbox.Group label={t.events} value={rule.events} onChange={(events) => set({ events })} error={tried && rule.events.length === 0 && t.missingEvents}>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing={6} verticalSpacing={6} mt={6} mb={4}>
            {all.map((type) => (
              <Checkbox key={type} value={type} label={type} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        <ChannelInput detail={detail} rule={rule} channels={channels} tried={tried} onChange={(channel) => set({ channel })} />
        <TextInput
          label={t.title}
          maxLength={titleMost}
          value={rule.title}
          error={tried && rule.title.trim() === '' && t.missingTitle}
          onChange={(event) => set({ title: event.currentTarget.value })}
        />
        <Textarea
          label={t.text}
          description={t.textHelp}
          maxLength={textMost}
          autosize
          minRows={2}
          maxRows={8}
          value={rule.text}
          onChange={(event) => set({ text: event.currentTarget.value })}
        />
        <RulePreview slug={detail.slug} rule={rule} />
        <Group justify="flex-end">
          <Button size="compact-sm" variant="subtle" color="red" leftSection={<Icon name="trash" size={14} />} onClick={onRemove} aria-label={t.removeOf(n)}>
            {t.remove}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}

type ChannelProps = Pick<Props, 'detail' | 'rule' | 'channels' | 'tried'> & { onChange: (channel: string) => void };

// ChannelInput chooses the channel, and says there when messages to it fail.
function ChannelInput({ detail, rule, channels, tried, onChange }: ChannelProps) {
  const t = useText().integrationPage;
  const broken = detail.destinations.find((one) => one.channel === rule.channel);
  const known = channels ?? [];
  const missing = rule.channel !== '' && !known.some((one) => one.value === rule.channel);
  const options = [
    ...known.map(({ value, label, hint }) => ({ value, label: hint ? `${label} (${hint})` : label })),
    ...(missing ? [{ value: rule.channel, label: channels ? t.settings.gone(rule.channel) : rule.channel }] : []),
  ];
  return (
    <Stack gap={6}>
      <Select
        label={t.rules.channel}
        placeholder={t.rules.channelPlaceholder}
        description={channels ? undefined : t.settings.choicesLater}
        data={options}
        value={rule.channel || null}
        searchable
        nothingFoundMessage={t.settings.none}
        allowDeselect={false}
        maw="26rem"
        error={tried && rule.channel === '' && t.rules.missingChannel}
        onChange={(channel) => onChange(channel ?? '')}
      />
      {broken && (
        <Alert color="red" p="xs" role="status" title={t.rules.channelError} icon={<Icon name="alert" />}>
          <Text size="sm" component="div">
            <Sentence text={broken.error} /> (<When at={broken.since} />)
          </Text>
          <GuidanceText guidance={broken.guidance} />
        </Alert>
      )}
    </Stack>
  );
}
