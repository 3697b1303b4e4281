import { Anchor, Box, Group, List, Text } from '@mantine/core';
import type { Schemas } from '../../api';
import { useText } from '../../text';

// TemplateSteps is a template's own page: its URL, and what to do on the other side.
export function TemplateSteps({ template }: { template: Schemas['TemplateView'] }) {
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
