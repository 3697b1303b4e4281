import { Box, Stack, Tabs, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useText } from '../../text';
import { Code } from '../../ui';
import { Section } from './Section';
import { snippets } from './snippets';

// VerifyCard is "How to verify the signature": a snippet a language.
export function VerifyCard() {
  const t = useText().webhookPage.verify;
  const [chosen, choose] = useLocalStorage({ key: 'patchboard-snippet', defaultValue: 'go', getInitialValueInEffect: false });
  const value = snippets.some((s) => s.id === chosen) ? chosen : 'go';
  return (
    <Section title={t.title} text={t.text}>
      <Stack gap="sm">
        <div>
          <Text size="sm" fw={600}>
            {t.where}
          </Text>
          <Text size="sm">{t.variable}</Text>
        </div>
        <Tabs value={value} onChange={(next) => next && choose(next)} keepMounted={false}>
          <Tabs.List aria-label={t.language} style={{ flexWrap: 'nowrap', overflow: 'auto hidden' }}>
            {snippets.map((s) => (
              <Tabs.Tab key={s.id} value={s.id}>
                {s.language}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {snippets.map((s) => (
            <Tabs.Panel key={s.id} value={s.id} pt="sm">
              <Text size="sm" c="dimmed" mb={6}>
                {t.library[s.needs]}
              </Text>
              <Box style={{ tabSize: 4 }}>
                <Code text={s.code.trimEnd()} language={s.language} copy={t.copy(s.language)} maxHeight="28rem" />
              </Box>
            </Tabs.Panel>
          ))}
        </Tabs>
        <Text size="sm" c="dimmed">
          {t.rotation} {t.old}
        </Text>
      </Stack>
    </Section>
  );
}
