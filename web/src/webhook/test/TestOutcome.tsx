import { Alert, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { duration } from '../../delivery/timing';
import { TimingBar } from '../../delivery/TimingBar';
import { useSession } from '../../session';
import { useText } from '../../text';
import { CopyId, Empty, Icon, When } from '../../ui';
import { Exchange } from './Exchange';
import { classOf, headline } from './outcome';
import type { TestResult } from './queries';

// TestOutcome is what came of a test: the verdict for everybody, the exchange for
// those who may see it.
export function TestOutcome({ result }: { result: TestResult | undefined }) {
  const t = useText();
  const words = t.testTool.result;
  return (
    <Card withBorder component="section" aria-label={words.title}>
      <Stack gap="md">
        <Title order={2} size="h4">
          {words.title}
        </Title>
        <div role="status">{result && <Headline result={result} />}</div>
        {result ? <Outcome result={result} /> : <Empty title={words.none} text={words.noneText} />}
      </Stack>
    </Card>
  );
}

function Headline({ result }: { result: TestResult }) {
  const t = useText();
  return (
    <Group gap="xs" c={result.ok ? 'green' : 'var(--mantine-color-error)'} wrap="nowrap">
      <Icon name={result.ok ? 'check' : 'alert'} />
      <Text fw={600} c="var(--mantine-color-text)">
        {[headline(result, t), duration(result.timing.totalMs)].join(' · ')}
      </Text>
    </Group>
  );
}

function Outcome({ result }: { result: TestResult }) {
  const t = useText();
  const { can } = useSession();
  const words = t.testTool.result;
  const kind = classOf(result);
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
        <Fact name={words.status}>{result.status ?? words.noStatus}</Fact>
        <Fact name={words.class}>{kind ? <code>{kind}</code> : words.classOk}</Fact>
        <Fact name={words.sent}>
          {words.of(result.type)}, <When at={result.at} />
        </Fact>
        {result.remoteAddress && <Fact name={words.address}>{result.remoteAddress}</Fact>}
        {result.messageId && (
          <Fact name={words.message}>
            <CopyId value={result.messageId} />
          </Fact>
        )}
      </SimpleGrid>
      {!result.ok && (result.detail || result.guidance) && (
        <Alert color="red" title={result.message} icon={<Icon name="alert" />}>
          {result.detail && (
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {result.detail}
            </Text>
          )}
          {result.guidance && (
            <Text size="sm" fw={500} mt={4}>
              {result.guidance}
            </Text>
          )}
        </Alert>
      )}
      <div>
        <Title order={3} size="sm" mb={4}>
          {words.time}
        </Title>
        <TimingBar timing={result.timing} />
      </div>
      {can('delivery.bodies') ? (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Exchange title={words.request} side={result.request} note={words.masked} />
          <Exchange title={words.response} side={result.response} />
        </SimpleGrid>
      ) : (
        <Text size="sm" c="dimmed">
          {words.hidden}
        </Text>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </div>
  );
}
