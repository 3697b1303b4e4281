import { Button, Checkbox, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useText, type Text as Texts } from '../text';
import { Icon, Problem } from '../ui';
import { useWebhooks } from '../webhook/queries';
import { DateTimeField } from './DateTimeField';
import { noFilters, type DeliveryFilters } from './filter';
import { Note } from './Note';
import { useReplay, type ReplayAnswer } from './queries';
import { bodyOf, defaults, mistakesOf, replayStates, type ReplayInput } from './replay';

interface Props {
  opened: boolean;
  filters?: DeliveryFilters; // what the reader looks at, as a first proposal
  webhookId?: string; // on a page that is about one webhook
  proposal?: ReplayInput; // instead of both
  onClose: () => void;
  onShow?: (webhookId: string, since: string) => void;
}

// ReplayDialog sends a time range again: it counts first, and then sends what
// was counted.
export function ReplayDialog({ opened, onClose, ...rest }: Props) {
  const t = useText();
  return (
    <Modal opened={opened} onClose={onClose} title={t.delivery.replay.title} size="lg">
      <Form onClose={onClose} {...rest} />
    </Modal>
  );
}

function Form({ filters = noFilters, webhookId = '', proposal, onClose, onShow }: Omit<Props, 'opened'>) {
  const t = useText();
  const words = t.delivery.replay;
  const webhooks = useWebhooks();
  const [input, setInput] = useState<ReplayInput>(() => proposal ?? defaults(webhookId || filters.webhook, filters, new Date()));
  const [tried, setTried] = useState(false);
  const count = useReplay();
  const run = useReplay();

  const mistakes = mistakesOf(input);
  const shown = tried ? mistakes : {};
  const target = webhooks.data?.activeWebhooks.find((w) => w.id === input.webhookId);
  const off = target?.status === 'off' || target?.status === 'disabled';
  const none = count.data?.total === 0;

  // set takes a choice; what was counted before no longer holds.
  const set = (change: Partial<ReplayInput>) => {
    setInput({ ...input, ...change });
    count.reset();
    run.reset();
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(mistakes).length > 0 || count.isPending || run.isPending) return;
    if (!count.data) {
      // What is counted is what is sent: "until now" ends at the count.
      const fixed = { ...input, until: input.until || new Date().toISOString() };
      count.mutate({ webhookId: input.webhookId, body: bodyOf(fixed, true) });
    } else if (count.data.total > 0 && !off) {
      const counted = count.variables;
      run.mutate({ webhookId: counted.webhookId, body: { ...counted.body, dryRun: false } });
    }
  };

  if (run.data) {
    return (
      <Stack>
        <Note role="status" color="green" icon={<Icon name="check" />} title={words.done(run.data.total)}>
          {words.doneText}
        </Note>
        <Group justify="flex-end" gap="xs">
          {onShow && (
            <Button
              variant="default"
              onClick={() => {
                onShow(input.webhookId, input.since);
                onClose();
              }}
            >
              {words.show}
            </Button>
          )}
          <Button onClick={onClose} autoFocus>
            {words.close}
          </Button>
        </Group>
      </Stack>
    );
  }

  const options = (webhooks.data?.activeWebhooks ?? []).map((w) => ({ value: w.id, label: w.url }));
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text size="sm">{words.explain}</Text>
        {!webhookId && (
          <Select
            label={words.webhook}
            placeholder={words.chooseWebhook}
            data={options}
            value={options.some((o) => o.value === input.webhookId) ? input.webhookId : null}
            onChange={(value) => set({ webhookId: value ?? '' })}
            error={shown.webhookId && words.chooseWebhook}
            required
            searchable
            openOnFocus={false}
            data-autofocus
          />
        )}
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <DateTimeField
            label={words.since}
            value={input.since}
            error={shown.since && words.sinceMissing}
            required
            seconds
            onChange={(since) => set({ since })}
          />
          <DateTimeField
            label={words.until}
            value={input.until}
            error={shown.until && words.backwards}
            seconds
            onChange={(until) => set({ until })}
          />
        </Group>
        <Checkbox.Group
          label={words.states}
          value={input.states}
          error={shown.states && words.stateMissing}
          onChange={(states) => set({ states: replayStates.filter((s) => states.includes(s)) })}
        >
          <Stack gap="xs" mt={6}>
            {replayStates.map((state) => (
              <Checkbox key={state} value={state} label={words.state[state]} />
            ))}
          </Stack>
        </Checkbox.Group>
        {off && <Note color="orange">{words.off}</Note>}
        <Problem error={count.error ?? run.error} />
        {count.data && <Count answer={count.data} t={t} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          {count.data && count.data.total > 0 ? (
            <Button type="submit" loading={run.isPending} data-disabled={off || undefined} aria-disabled={off}>
              {words.run(count.data.total)}
            </Button>
          ) : (
            <Button type="submit" loading={count.isPending} data-disabled={none || undefined} aria-disabled={none}>
              {words.count}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function Count({ answer, t }: { answer: ReplayAnswer; t: Texts }) {
  const words = t.delivery.replay;
  const parts = replayStates.flatMap((state) => (answer.byState[state] ? [words.part(answer.byState[state], words.word[state])] : []));
  return (
    <Note role="status" title={words.found(answer.total)}>
      {parts.length > 0 ? words.parts(parts) : null}
    </Note>
  );
}
