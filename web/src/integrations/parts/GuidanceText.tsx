import { Anchor, List, Stack, Text } from '@mantine/core';
import { useText } from '../../text';
import { Icon, Sentence } from '../../ui';
import type { Guidance } from '../types';

// GuidanceText says what is wrong, who can mend it, and how.
export function GuidanceText({ guidance }: { guidance: Guidance }) {
  const t = useText().integrations.attention;
  return (
    <Stack gap={6}>
      <Text size="sm">
        <Sentence text={guidance.cause} />
      </Text>
      <Text size="sm">{t.who[guidance.who]}</Text>
      {guidance.steps.length > 0 && (
        <List size="sm" type="ordered" aria-label={t.steps} withPadding>
          {guidance.steps.map((step) => (
            <List.Item key={step}>
              <Sentence text={step} />
            </List.Item>
          ))}
        </List>
      )}
      {guidance.link && (
        <Anchor href={guidance.link} target="_blank" rel="noreferrer" size="sm" c="inherit" underline="always">
          {t.link} <Icon name="external" size={12} />
        </Anchor>
      )}
    </Stack>
  );
}
