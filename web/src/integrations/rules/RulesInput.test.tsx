import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import { answer, show, type Answers } from '../../apikey/fixture';
import { t } from '../../text';
import { attention, channels, connectedSlack } from '../fixture';
import type { Detail, Rule } from '../types';
import RulesInput from './RulesInput';

vi.setConfig({ testTimeout: 30_000 });
configure({ asyncUtilTimeout: 8_000 });
const words = t.integrationPage.rules;
const rule: Rule = { events: ['contact.created', 'email.sent'], channel: 'C0SALES', title: 'News', text: '{{data.email}}' };

let rules: Rule[] = [];
function Page({ start, detail, tried = false }: { start: Rule[]; detail: Detail; tried?: boolean }) {
  const [value, setValue] = useState(start);
  rules = value;
  return <RulesInput detail={detail} value={value} channels={channels.fields[0]?.choices} tried={tried} disabled={false} onChange={setValue} />;
}

function open(start: Rule[], more: Answers = {}, detail: Partial<Detail> = {}, tried = false) {
  const asked = answer({
    'GET /api/v1/event-types': { body: { items: [{ type: 'contact.created' }, { type: 'email.sent' }, { type: 'campaign.started' }] } },
    'POST /api/v1/integrations/slack/preview': (body) => {
      const { rule: sent, eventType } = body as { rule: Rule; eventType: string };
      return { body: { title: sent.title, text: `${sent.text} of ${eventType}` } };
    },
    ...more,
  });
  show(<Page start={start} detail={{ ...connectedSlack, ...detail }} tried={tried} />);
  return asked;
}

test('a rule starts from a template, with the events that there are', async () => {
  open([]);
  screen.getByText(words.none);
  fireEvent.click(screen.getByRole('button', { name: words.add }));
  await screen.findByRole('checkbox', { name: 'campaign.started' }); // the catalog is there
  fireEvent.click(screen.getByRole('button', { name: words.templates.campaigns.label }));
  await screen.findByRole('group', { name: words.rule(2) });
  expect(rules[1]).toEqual({ events: ['campaign.started'], channel: '', title: 'Campaign', text: words.templates.campaigns.text });
});

test('the preview follows what is typed, for the event that is chosen', async () => {
  open([rule]);
  const preview = await screen.findByRole('region', { name: words.preview });
  await within(preview).findByText('{{data.email}} of contact.created');
  fireEvent.change(screen.getByRole('textbox', { name: words.text }), { target: { value: 'Hello' } });
  await within(preview).findByText('Hello of contact.created');
  fireEvent.change(screen.getByRole('combobox', { name: words.preview }), { target: { value: 'email.sent' } });
  await within(preview).findByText('Hello of email.sent');
});

test('a test message goes to the channel, and what came of it is said', async () => {
  let ok = true;
  const asked = open([rule], { 'POST /api/v1/integrations/slack/post': () => ({ body: ok ? { ok } : { ok, detail: 'is_archived', guidance: { ...attention, cause: 'The channel is archived.' } } }) });
  fireEvent.click(await screen.findByRole('button', { name: words.test }));
  await screen.findByText(words.tested);
  expect(asked.filter(({ call }) => call.endsWith('/post'))).toEqual([{ call: 'POST /api/v1/integrations/slack/post', body: { rule, eventType: 'contact.created' } }]);
  ok = false;
  fireEvent.click(screen.getByRole('button', { name: words.test }));
  await screen.findByText(words.testFailed);
  screen.getByText('The channel is archived.');
});

test('an error of a channel stands at the channel', () => {
  open([rule, { ...rule, channel: 'C0OPS' }], {}, { destinations: [{ channel: 'C0OPS', error: 'not_in_channel', since: '2026-11-28T10:00:00Z', guidance: attention }] });
  expect(within(screen.getByRole('group', { name: words.rule(1) })).queryByText(words.channelError)).toBeNull();
  const second = within(screen.getByRole('group', { name: words.rule(2) }));
  second.getByText(words.channelError);
  second.getByText(/not_in_channel/);
});

test('what is missing is said at its field', () => {
  open([{ events: [], channel: '', title: '', text: '' }], {}, {}, true);
  for (const text of [words.missingEvents, words.missingChannel, words.missingTitle]) screen.getByText(text);
  screen.getByText(words.previewNone);
});

test('a channel that is gone stays until another is chosen', async () => {
  open([{ ...rule, channel: 'C0GONE' }]);
  const channel = screen.getByRole<HTMLInputElement>('combobox', { name: words.channel });
  expect(channel.value).toBe('C0GONE (no longer there)');
  fireEvent.click(channel);
  fireEvent.click(await screen.findByRole('option', { name: '#ops (private)' }));
  expect(rules[0]?.channel).toBe('C0OPS');
});

test('a rule is removed, and the focus stays', async () => {
  open([rule]);
  fireEvent.click(screen.getByRole('button', { name: words.removeOf(1) }));
  await waitFor(() => expect(rules).toEqual([]));
  expect(document.activeElement).toBe(screen.getByRole('button', { name: words.add }));
});
