import { Accordion, Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Schemas } from '../api';
import { useSession } from '../session';
import { useText } from '../text';
import { Code } from '../ui';
import { clock } from './clock';
import { indent } from './json';
import { duration } from './timing';
import { TimingBar } from './TimingBar';
import { errorWords } from './words';

type AttemptView = Schemas['AttemptView'];
type Exchange = Schemas['ExchangeView'];

// Attempt is one try: how it ended, how long it took, what to do, and then what
// came back and what was sent.
export function Attempt({ attempt }: { attempt: AttemptView }) {
  const t = useText();
  const words = t.delivery.attempt;
  const { can } = useSession();
  const result = attempt.class ? errorWords(attempt.class, attempt.status ?? 0, t) : t.delivery.result.answered(attempt.status ?? 0);
  return (
    <Accordion.Item value={attempt.id}>
      <Accordion.Control>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {words.try(attempt.number)}
          </Text>
          <Text size="sm" c={attempt.class ? 'var(--mantine-color-error)' : undefined}>
            {result}
          </Text>
          <Text size="sm" c="dimmed">
            {clock(attempt.at)}, {words.took(duration(attempt.timing.totalMs))}
          </Text>
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <Stack gap="md">
          <Section title={words.timing}>
            <TimingBar timing={attempt.timing} />
          </Section>
          {attempt.detail && (
            <Section title={words.detail}>
              <Text size="sm">{attempt.detail}</Text>
            </Section>
          )}
          {attempt.guidance && (
            <Section title={words.guidance}>
              <Text size="sm">{attempt.guidance}</Text>
            </Section>
          )}
          {attempt.next && (
            <Text size="sm" c="dimmed">
              {words.next(clock(attempt.next))}
            </Text>
          )}
          {attempt.remoteAddress && (
            <Text size="sm" c="dimmed">
              {words.remote} {attempt.remoteAddress}
            </Text>
          )}
          {can('delivery.bodies') ? (
            <>
              <Section title={attempt.status ? `${words.response}: ${words.status(attempt.status)}` : words.response}>
                {attempt.response ? <Side side={attempt.response} /> : <Text size="sm">{words.noAnswer}</Text>}
              </Section>
              <Section title={words.request}>{attempt.request && <Side side={attempt.request} />}</Section>
            </>
          ) : (
            <Text size="sm" c="dimmed">
              {words.hidden}
            </Text>
          )}
        </Stack>
      </Accordion.Panel>
    </Accordion.Item>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Title order={5} size="sm" mb={4}>
        {title}
      </Title>
      {children}
    </div>
  );
}

// Side is a request or an answer. Its body is shown as it was, but for the white
// space of JSON.
function Side({ side }: { side: Exchange }) {
  const t = useText();
  const words = t.delivery.attempt;
  const lines = Object.entries(side.headers).flatMap(([name, values]) => values.map((value) => `${name.toLowerCase()}: ${value}`));
  return (
    <Stack gap="xs">
      {lines.length > 0 ? (
        <Code text={lines.sort().join('\n')} language={words.headers} copy={words.copyHeaders} maxHeight="12rem" />
      ) : (
        <Text size="sm">{words.noHeaders}</Text>
      )}
      {side.body ? <Code text={indent(side.body)} language={words.body} copy={words.copyBody} /> : <Text size="sm">{words.noBody}</Text>}
      {side.truncated && (
        <Text size="sm" c="dimmed">
          {words.truncated}
        </Text>
      )}
    </Stack>
  );
}
