import { Anchor, Box, Group, List, Radio, SimpleGrid, Stack, Text } from '@mantine/core';
import type { Dispatch } from 'react';
import type { Schemas } from '../../api';
import { useText } from '../../text';
import { Skeletons } from './Skeletons';
import { useTemplates } from '../queries';
import type { FlowEvent } from './flow';

type Template = Schemas['TemplateView'];

interface Props {
  chosen: string | null;
  dispatch: Dispatch<FlowEvent>;
}

// TemplateCards are the receivers that a new webhook can start from. Choosing
// one sets events that fit and the format, and shows what to do on its side.
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
  const template = data.items.find((one) => one.slug === chosen);
  return (
    <Stack gap="xs">
      <Radio.Group label={t.startFrom} description={t.startFromText} value={chosen ?? ''} onChange={choose}>
        <SimpleGrid cols={{ base: 2, xs: 3, sm: 4 }} spacing="xs" verticalSpacing="xs" mt={6}>
          {data.items.map((one) => (
            <Radio.Card key={one.slug} value={one.slug} p="xs" aria-label={one.name}>
              <Group gap="xs" wrap="nowrap">
                <Radio.Indicator size="xs" aria-hidden />
                <Text size="sm" fw={500} component="span">
                  {one.name}
                </Text>
              </Group>
            </Radio.Card>
          ))}
        </SimpleGrid>
      </Radio.Group>
      <div role="status">{template && <Steps template={template} />}</div>
    </Stack>
  );
}

// Steps is a template's own page: its URL, and what to do on the other side.
function Steps({ template }: { template: Template }) {
  const t = useText().webhook.form;
  return (
    <Box p="sm" style={{ border: '1px solid var(--mantine-color-default-border)', borderRadius: 'var(--mantine-radius-sm)' }}>
      <Text size="sm">{template.description}</Text>
      <Text size="sm" mt={6}>
        <strong>{t.pattern}:</strong> {template.url.hint}
      </Text>
      {template.url.example && (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {t.looksLike} <code>{template.url.example}</code>
        </Text>
      )}
      <Text size="sm" fw={700} mt={6}>
        {t.steps}
      </Text>
      <List type="ordered" size="sm" pr="md">
        {template.steps.map((step) => (
          <List.Item key={step}>{step}</List.Item>
        ))}
      </List>
      <Group gap="xs" mt={6}>
        <Text size="sm">{t.sources}:</Text>
        {template.sources.map((source) => (
          <Anchor key={source} href={source} target="_blank" rel="noreferrer" size="sm" style={{ overflowWrap: 'anywhere' }}>
            {source.replace(/^https:\/\//, '')}
          </Anchor>
        ))}
      </Group>
    </Box>
  );
}
