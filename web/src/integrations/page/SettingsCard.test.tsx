import { notifications } from '@mantine/notifications';
import { configure, fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { answer, problem, show, type Answer } from '../../apikey/fixture';
import { forgetDrafts } from '../../draft';
import { t } from '../../text';
import { gmailDetail } from '../fixture';
import { useIntegration } from '../queries';
import { asValues } from '../settings/values';
import type { Change, Detail } from '../types';
import { SettingsCard } from './SettingsCard';

vi.setConfig({ testTimeout: 30_000 });
configure({ asyncUtilTimeout: 8_000 });
const words = t.integrationPage.settings;

let stored: Detail;
let patches: { ifMatch: string | null; body: Change }[];
let refusal: Answer | null;

beforeEach(() => {
  forgetDrafts();
  notifications.clean();
  stored = gmailDetail;
  patches = [];
  refusal = null;
});

// byOthers is a change that this form has not seen.
const byOthers = (change: Partial<Detail>) => {
  stored = { ...stored, ...change, version: stored.version + 1 };
};

function Page() {
  const detail = useIntegration('gmail').data;
  return detail ? <SettingsCard detail={detail} /> : null;
}

async function open() {
  answer({
    'GET /api/v1/integrations/gmail': () => ({ body: stored }),
    'GET /api/v1/integrations/gmail/choices': { body: { fields: [{ name: 'labels', choices: [{ value: 'Label_1', label: 'Customers' }] }] } },
    'PATCH /api/v1/integrations/gmail': (body, request) => {
      const ifMatch = request.headers.get('If-Match');
      patches.push({ ifMatch, body: body as Change });
      if (refusal) return refusal;
      if (ifMatch !== `"${stored.version}"`) return problem(412, 'integration-changed', 'It was changed.');
      const { settings, syncEverySeconds } = body as Change;
      stored = { ...stored, ...(settings !== undefined && { settings }), ...(syncEverySeconds && stored.sync && { sync: { ...stored.sync, everySeconds: syncEverySeconds } }), version: stored.version + 1 };
      return { body: stored };
    },
  });
  const page = show(<Page />);
  await screen.findByRole('checkbox', { name: 'Customers' });
  return page;
}

const days = () => screen.getByRole<HTMLInputElement>('textbox', { name: /Read the past/ });
const save = () => fireEvent.click(screen.getByRole('button', { name: words.save }));

test('what was changed is saved on top of what was seen', async () => {
  await open();
  expect(screen.getByRole('button', { name: words.save })).toHaveProperty('disabled', true);
  fireEvent.click(screen.getByRole('checkbox', { name: 'Customers' }));
  fireEvent.change(screen.getByRole('textbox', { name: words.interval }), { target: { value: '10 minutes' } });
  save();
  await screen.findByText(words.saved);
  expect(patches).toEqual([{ ifMatch: '"3"', body: { settings: { bodies: false, days: 90, labels: ['Label_1'] }, syncEverySeconds: 600 } }]);
  expect(screen.getByRole('button', { name: words.save })).toHaveProperty('disabled', true);
});

test('what is wrong is said, and not sent', async () => {
  await open();
  fireEvent.change(days(), { target: { value: '0 days' } });
  save();
  await screen.findByText(words.wrong);
  expect(patches).toEqual([]);
});

test('a failed save loses nothing, and a draft outlives the page', async () => {
  refusal = problem(503, 'away', 'Not now.');
  const { client } = await open();
  fireEvent.change(days(), { target: { value: '30 days' } });
  save();
  await screen.findByText('Not now.');
  expect(days().value).toBe('30 days');
  expect(sessionStorage.getItem('patchboard.draft.usr_1.integration.gmail.settings')).toContain('30');
  refusal = null;
  fireEvent.click(screen.getByRole('button', { name: t.problem.retry }));
  await screen.findByText(words.saved);
  await waitFor(() => expect(sessionStorage.getItem('patchboard.draft.usr_1.integration.gmail.settings')).toBeNull());
  expect(client.getQueryData<Detail>(['integrations', 'one', 'gmail'])?.settings).toMatchObject({ days: 30 });
});

test('what was left unsaved is there again, and can be undone', async () => {
  sessionStorage.setItem(
    'patchboard.draft.usr_1.integration.gmail.settings',
    JSON.stringify({ seen: { values: gmailDetail.settings, every: 300, version: 3 }, typed: { values: { ...asValues(gmailDetail.settings), days: 7 }, every: 300 } }),
  );
  await open();
  screen.getByText(t.draft.restored);
  expect(days().value).toBe('7 days');
  fireEvent.click(screen.getAllByRole('button', { name: words.undo })[0] as HTMLElement);
  await waitFor(() => expect(days().value).toBe('90 days'));
  expect(sessionStorage.getItem('patchboard.draft.usr_1.integration.gmail.settings')).toBeNull();
});

test('somebody else who was faster is shown, and one chooses', async () => {
  await open();
  fireEvent.change(days(), { target: { value: '30 days' } });
  byOthers({ settings: { bodies: true, days: 7, labels: [] } });
  save();
  await screen.findByText(words.staleTitle);
  expect(days().value).toBe('30 days');
  expect(screen.getByRole('button', { name: words.save })).toHaveProperty('disabled', true);
  fireEvent.click(screen.getByRole('button', { name: words.keepMine }));
  await waitFor(() => expect(screen.queryByText(words.staleTitle)).toBeNull());
  save();
  await screen.findByText(words.saved);
  expect(patches.map(({ ifMatch }) => ifMatch)).toEqual(['"3"', '"4"']);
  expect(stored.settings).toEqual({ bodies: true, days: 30, labels: [] });
});

test('theirs can be taken', async () => {
  const { client } = await open();
  fireEvent.change(days(), { target: { value: '30 days' } });
  byOthers({ settings: { bodies: false, days: 7, labels: [] } });
  await client.invalidateQueries({ queryKey: ['integrations'] });
  fireEvent.click(await screen.findByRole('button', { name: words.takeTheirs }));
  await waitFor(() => expect(days().value).toBe('7 days'));
  expect(patches).toEqual([]);
});

test('being paused meanwhile is no conflict', async () => {
  await open();
  fireEvent.change(days(), { target: { value: '30 days' } });
  byOthers({ enabled: false, status: 'Paused' });
  save();
  await screen.findByText(words.saved);
  expect(patches.map(({ ifMatch }) => ifMatch)).toEqual(['"3"', '"4"']);
});
