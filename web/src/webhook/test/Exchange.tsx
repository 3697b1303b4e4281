import { Stack, Text, Title } from '@mantine/core';
import type { Schemas } from '../../api';
import { indent } from '../../delivery/json';
import { useText } from '../../text';
import { Code } from '../../ui';

interface Props {
  title: string;
  side: Schemas['ExchangeView'] | undefined;
  note?: string;
}

// Exchange is one side of a test. Its body is shown as it was, but for the white
// space of JSON.
export function Exchange({ title, side, note }: Props) {
  const t = useText();
  const words = t.testTool.result;
  const lines = Object.entries(side?.headers ?? {}).flatMap(([name, values]) => values.map((value) => `${name.toLowerCase()}: ${value}`));
  return (
    <Stack gap="xs" component="section" aria-label={title} miw={0}>
      <Title order={3} size="sm">
        {title}
      </Title>
      {!side && <Text size="sm">{words.noResponse}</Text>}
      {side && (
        <>
          {lines.length > 0 ? (
            <Code text={lines.sort().join('\n')} language={words.headers} copy={words.copyHeaders(title)} maxHeight="14rem" />
          ) : (
            <Text size="sm">{words.noHeaders}</Text>
          )}
          {side.body ? <Code text={indent(side.body)} language={words.body} copy={words.copyBody(title)} /> : <Text size="sm">{words.noBody}</Text>}
          {side.truncated && (
            <Text size="sm" c="dimmed">
              {words.truncated}
            </Text>
          )}
          {note && (
            <Text size="xs" c="dimmed">
              {note}
            </Text>
          )}
        </>
      )}
    </Stack>
  );
}
