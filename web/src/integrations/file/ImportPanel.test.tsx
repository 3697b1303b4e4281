import { notifications } from '@mantine/notifications';
import { configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { answer, problem, show, type Answers } from '../../apikey/fixture';
import { t } from '../../text';
import type { Imported } from '../types';
import { fileMost } from './DropZone';
import { ImportCard } from './ImportCard';

vi.setConfig({ testTimeout: 40_000 });
configure({ asyncUtilTimeout: 8_000 });
const words = t.importFile;
const post = 'POST /api/v1/integrations/linkedin/import';

beforeEach(() => notifications.clean());

const line = (n: number, result: Imported['rows'][number]['result']): Imported['rows'][number] => ({
  line: n,
  result,
  firstName: 'Bo',
  lastName: `Rossi ${n}`,
  company: 'Acme',
  title: 'Buyer',
  since: '2024-03-15',
  ...(result === 'merged' && { sameAs: 5 }),
  ...(result === 'skipped' && { notes: ['no name: the profile is closed, or hidden'] }),
});

const preview: Imported = {
  state: 'preview',
  people: 42,
  done: 0,
  new: 40,
  changed: 1,
  same: 1,
  merged: 1,
  skipped: 1,
  events: 0,
  proposed: 0,
  columns: [
    { name: 'First Name', field: 'firstName' },
    { name: 'Last Name', field: 'lastName' },
    { name: 'Mood' },
    { name: 'Connected On', field: 'connected' },
  ],
  rows: [...Array.from({ length: 40 }, (_, i) => line(i + 5, 'new')), line(45, 'changed'), line(46, 'same'), line(47, 'merged'), line(48, 'skipped')],
};
const done: Imported = { ...preview, id: 'imp_1', state: 'succeeded', done: 42, events: 41 };
const item = { ...done, rows: undefined, columns: undefined, by: 'ada@example.com', file: 'Connections.csv', started: '2026-11-28T10:00:00Z' };

function open(answers: Answers[string][]) {
  const left = [...answers];
  const asked = answer({
    'GET /api/v1/integrations/linkedin/imports': { body: { imports: left.length === 0 ? [] : [item] } },
    [post]: () => left.shift() ?? { body: done },
  } as Answers);
  show(<ImportCard slug="linkedin" />, { at: '/settings/integrations/linkedin', path: '/settings/integrations/:slug' });
  return () => asked.filter(({ call }) => call === post);
}

const file = (name = 'Connections.csv', size = 10) => {
  const one = new File(['First Name'], name, { type: 'text/csv' });
  Object.defineProperty(one, 'size', { value: size });
  return one;
};
const drop = (...files: File[]) => fireEvent.drop(document.querySelector('[data-drop]') as Element, { dataTransfer: { files } });

test('a file that is dropped is previewed, and imported when somebody says so', async () => {
  const sent = open([{ body: preview }, { body: done }]);
  screen.getByText(words.steps[0] ?? '');
  drop(file());
  const heading = await screen.findByRole('heading', { name: words.preview('Connections.csv') });
  await waitFor(() => expect(document.activeElement).toBe(heading));
  const columns = within(screen.getByRole('table', { name: words.columns }));
  expect(columns.getByRole('row', { name: `Mood ${words.unused}` })).toBeTruthy();
  screen.getByText(words.absent('Address of the profile, E-mail address, Company, Position'));
  expect(screen.getByRole('group', { name: words.counts }).textContent).toMatch(/New40 .*Changed1 .*Merged1 .*Skipped1 /);
  expect(within(screen.getByRole('table', { name: words.rows })).getAllByRole('row')).toHaveLength(26);
  fireEvent.click(screen.getByRole('radio', { name: words.only(words.results.merged, 1) }));
  expect(within(screen.getByRole('table', { name: words.rows })).getAllByRole('row')[1]?.textContent).toContain(words.sameAs(5));
  fireEvent.click(screen.getByRole('checkbox', { name: words.events }));
  fireEvent.click(screen.getByRole('button', { name: words.apply(41) }));
  await screen.findByRole('heading', { name: words.done('Connections.csv') });
  screen.getByText(words.doneText(40, 1));
  expect(sent()).toHaveLength(2);
  expect(screen.queryByRole('button', { name: words.apply(41) })).toBeNull();
  await screen.findByRole('table', { name: words.history });
});

test('who may be known already is kept apart, unless somebody says otherwise', async () => {
  const alike = (id: string) => ({ id, name: 'Bo Rossi', company: 'Acme', email: `${id}@acme.test` });
  const rows = [
    { ...line(5, 'new'), alike: [alike('con_1')] },
    { ...line(6, 'new'), alike: [alike('con_2'), alike('con_3')] },
    { ...line(7, 'new'), alike: [alike('con_4')] },
    line(8, 'new'),
  ];
  const doubtful = { ...preview, people: 4, new: 4, changed: 0, same: 0, merged: 0, skipped: 0, proposed: 3, rows };
  const sent = open([{ body: doubtful }, { body: { ...doubtful, id: 'imp_1', state: 'succeeded', new: 2, changed: 2 } }]);
  drop(file());
  await screen.findByText(words.proposed(3));
  fireEvent.click(screen.getByRole('radio', { name: words.onlyProposed(3) }));
  const boxes = () => screen.getAllByRole<HTMLInputElement>('checkbox', { name: words.sameAs1('Bo Rossi') });
  const checked = () => boxes().map((box) => box.checked);
  expect(checked()).toEqual([false, false, false, false]);
  expect(screen.getAllByRole('link', { name: /con_1@acme/ })[0]?.getAttribute('href')).toBe('/settings/records/contacts/con_1');
  fireEvent.click(screen.getByRole('button', { name: words.allSame }));
  expect(checked()).toEqual([true, false, false, true]); // of two contacts nobody has said which
  fireEvent.click(boxes()[1] as HTMLElement);
  fireEvent.click(boxes()[2] as HTMLElement);
  expect(checked()).toEqual([true, false, true, true]); // one of them
  fireEvent.click(boxes()[3] as HTMLElement);
  screen.getByText(words.chosen(2));
  fireEvent.click(screen.getByRole('button', { name: words.apply(4) }));
  await screen.findByRole('heading', { name: words.done('Connections.csv') });
  const body = sent()[1]?.body as unknown;
  expect(JSON.stringify(body)).toContain('con_3');
  expect(screen.queryByRole('button', { name: words.allSame })).toBeNull();
});

test('a file that is none says why, and which columns it has', async () => {
  const detail = 'The file has no columns First Name, Last Name and Connected On.';
  const refused = { status: 422, body: { type: '/problems/import-not-the-export', title: 'Refused', status: 422, detail, headers: ['Source', 'FirstName'] } };
  open([refused, { body: preview }]);
  fireEvent.change(screen.getByLabelText(words.choose, { selector: 'input' }), { target: { files: [file('Contacts.csv')] } });
  await screen.findByText(/no columns First Name/);
  screen.getByText(`${words.seen}: Source, FirstName`);
  drop(file());
  await screen.findByRole('heading', { name: words.preview('Connections.csv') });
  expect(screen.queryByText(/no columns First Name/)).toBeNull();
});

test('too large, or several at once, is said before anything is sent', async () => {
  const sent = open([]);
  drop(file('Connections.csv', fileMost + 1));
  await screen.findByText(words.tooLarge);
  drop(file(), file());
  await screen.findByText(words.several);
  expect(sent()).toHaveLength(0);
});

test('when all are known there is nothing to import', async () => {
  open([{ body: { ...preview, new: 0, changed: 0, same: 42 } }]);
  drop(file());
  await screen.findByText(words.nothing);
  expect(screen.queryByRole('button', { name: /^Import / })).toBeNull();
});

test('an import that was cut off can be tried again with the same file', async () => {
  open([{ body: preview }, problem(503, 'import-interrupted', 'The import was cut off after 500 of 1,000 people.'), { body: preview }]);
  drop(file());
  fireEvent.click(await screen.findByRole('button', { name: words.apply(41) }));
  await screen.findByText(/cut off after 500/);
  fireEvent.click(screen.getByRole('button', { name: t.problem.retry }));
  await waitFor(() => expect(screen.queryByText(/cut off after 500/)).toBeNull());
  screen.getByRole('button', { name: words.apply(41) });
});
