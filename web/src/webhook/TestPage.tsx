import { Anchor, Group, Stack, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { indent } from '../delivery/json';
import { useEventType } from '../event/queries';
import { useText } from '../text';
import { PageHeader, Problem, Rows, StatusBadge } from '../ui';
import { useEventTypes, useWebhook, type Webhook } from './queries';
import { History, type Sent } from './test/History';
import { exampleText } from './test/payload';
import { SendForm } from './test/SendForm';
import { TestOutcome } from './test/TestOutcome';
import { useSendTest, type Sending } from './test/queries';
import { useDrafts } from './test/useDrafts';

export default function TestPage() {
  const t = useText();
  const { id = '' } = useParams();
  const webhook = useWebhook(id);
  const types = useEventTypes();
  const error = (!webhook.data && webhook.error) || (!types.data && types.error);
  const retry = () => {
    if (!webhook.data) void webhook.refetch();
    if (!types.data) void types.refetch();
  };
  return (
    <>
      <PageHeader title={t.testTool.title} subtitle={t.testTool.subtitle} back={{ to: `/settings/webhooks/${id}`, label: t.testTool.back }} />
      {error && <Problem error={error} onRetry={retry} retrying={webhook.isFetching || types.isFetching} />}
      {!error && (!webhook.data || !types.data) && <Rows n={6} height={28} />}
      {webhook.data && types.data && <Tool key={id} webhook={webhook.data} types={types.data.items} />}
    </>
  );
}

const historyMost = 20;

interface ToolProps {
  webhook: Webhook;
  types: { type: string; description: string; example?: unknown }[];
}

function Tool({ webhook, types }: ToolProps) {
  const [params, setParams] = useSearchParams();
  const drafts = useDrafts(webhook.id);
  const [sent, setSent] = useState<Sent[]>([]);
  const [shown, setShown] = useState(0); // number of the test that is shown; 0 is none
  const numbers = useRef(0);
  const send = useSendTest(webhook.id);

  const wanted = params.get('type') ?? '';
  const type = types.find((e) => e.type === wanted) ?? types.find((e) => webhook.events.includes(e.type)) ?? types[0];
  const choose = (next: string) =>
    setParams(
      (now) => {
        now.set('type', next);
        return now;
      },
      { replace: true },
    );
  const saved = useEventType(type?.type ?? '').data?.example; // as text: a long number loses digits as a value
  if (!type) return null; // the catalog is never empty

  const example = saved ? indent(saved) : exampleText(type.example);
  const text = drafts.draftOf(type.type) ?? example;
  const edited = text !== example || type.example === undefined;
  const dispatch = (sending: Sending) =>
    send.mutate(sending, {
      onSuccess: (result) => {
        const number = ++numbers.current;
        setSent((all) => [{ number, payload: sending.payload, result }, ...all].slice(0, historyMost));
        setShown(number);
      },
    });
  const current = sent.find((s) => s.number === shown);
  return (
    <Stack gap="lg">
      <Group gap="xs">
        <Anchor component={Link} to={`/settings/webhooks/${webhook.id}`} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {webhook.url}
        </Anchor>
        <StatusBadge status={webhook.status} />
        {webhook.description && (
          <Text size="sm" c="dimmed">
            {webhook.description}
          </Text>
        )}
      </Group>
      <SendForm
        types={types}
        subscribed={webhook.events}
        type={type.type}
        text={text}
        edited={edited}
        sending={send.isPending}
        onType={choose}
        onText={(next) => drafts.edit(type.type, next)}
        onReset={() => drafts.drop(type.type)}
        onSend={() => dispatch({ type: type.type, payload: text, edited })}
      />
      {send.error && <Problem error={send.error} onRetry={() => dispatch(send.variables)} retrying={send.isPending} />}
      <TestOutcome result={current?.result} />
      <History
        sent={sent}
        shown={shown}
        onShow={setShown}
        onUse={(one) => {
          choose(one.result.type);
          drafts.edit(one.result.type, one.payload);
        }}
      />
    </Stack>
  );
}
