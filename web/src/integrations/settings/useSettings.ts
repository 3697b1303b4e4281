import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, ApiProblem, data } from '../../api';
import { useDraft } from '../../draft';
import { integrationKeys } from '../keys';
import { useChange } from '../queries';
import type { Change, Detail } from '../types';
import { areWrong, differ, rebase, same, settingsOf, type Settings } from './values';

const shortest = 60; // seconds between syncs, as the API has it
const longest = 86_400;

export const isEveryWrong = (every: Settings['every']): boolean => every === '' || every < shortest || every > longest;

interface Draft {
  seen: Settings & { version: number };
  typed: Settings;
}

const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && 'values' in value && typeof value.values === 'object' && value.values !== null && 'every' in value;

function readDraft(value: unknown): Draft | null {
  const { seen, typed } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Draft>;
  return isSettings(seen) && isSettings(typed) && typeof seen.version === 'number' ? { seen, typed } : null;
}

// useSettings is the form of an integration's settings. It begins with what is
// stored and follows it while nothing is typed. When somebody else was faster, one
// chooses; what was typed is there until it is saved or taken back.
export function useSettings(detail: Detail) {
  const client = useQueryClient();
  const change = useChange();
  const { found, keep, drop, forget } = useDraft(`integration.${detail.slug}.settings`, readDraft);
  const [base, setBase] = useState(() => found?.seen ?? { ...settingsOf(detail), version: detail.version });
  const [typed, setTyped] = useState(() => found?.typed ?? settingsOf(detail));
  const [tried, setTried] = useState(false); // to save: what is wrong is shown now
  const [error, setError] = useState<unknown>(null);

  const stored = settingsOf(detail);
  const dirty = differ(base, typed);
  const saving = change.isPending;
  const theirs = dirty && !saving && detail.version > base.version && differ(base, stored);

  useEffect(() => {
    if (dirty) keep({ seen: base, typed }, false);
    else drop();
  }, [dirty, base, typed, keep, drop]);

  const begin = (now: Detail, values = settingsOf(now)) => {
    setBase({ ...settingsOf(now), version: now.version });
    setTyped(values);
  };

  // The form follows what is stored: wholly while nothing is typed, else as long
  // as no one else changed what it holds.
  useEffect(() => {
    if (saving || detail.version <= base.version) return;
    if (!dirty) begin(detail);
    else if (!differ(base, settingsOf(detail))) setBase({ ...settingsOf(detail), version: detail.version });
  }, [saving, dirty, detail, base]);

  const wrong = areWrong(detail.fields, typed.values) || (detail.sync !== undefined && isEveryWrong(typed.every));

  async function store(version: number): Promise<void> {
    const wanted: Change = {};
    if (!same(typed.values, base.values)) wanted.settings = typed.values;
    if (typed.every !== base.every && typed.every !== '') wanted.syncEverySeconds = typed.every;
    try {
      begin(await change.mutateAsync({ slug: detail.slug, version, change: wanted }));
    } catch (problem) {
      if (!(problem instanceof ApiProblem) || problem.status !== 412) throw problem;
      const { slug } = detail;
      const now = await data(api.GET('/api/v1/integrations/{slug}', { params: { path: { slug } } }));
      client.setQueryData(integrationKeys.one(slug), now);
      // What else changed, as being paused, is no conflict.
      if (now.version > version && !differ(base, settingsOf(now))) await store(now.version);
      else if (!differ(base, settingsOf(now))) throw problem;
      else return Promise.reject(new Overtaken());
    }
  }

  // submit reports if all is saved.
  async function submit(): Promise<boolean> {
    setTried(true);
    setError(null);
    if (wrong || saving || theirs) return false;
    try {
      if (dirty) await store(base.version);
      setTried(false);
      forget();
      return true;
    } catch (problem) {
      if (!(problem instanceof Overtaken)) setError(problem);
      return false;
    }
  }

  const undo = () => {
    forget();
    setTried(false);
    setError(null);
    begin(detail);
  };
  return {
    ...{ typed, base, stored, dirty, saving, tried, wrong, error, theirs, restored: found !== null, submit, undo },
    set: (name: string, value: unknown) => setTyped((old) => ({ ...old, values: { ...old.values, [name]: value } })),
    setEvery: (every: Settings['every']) => setTyped((old) => ({ ...old, every })),
    keepMine: () => begin(detail, rebase(base, typed, stored)),
    takeTheirs: undo,
  };
}

// Overtaken: somebody else has changed the same settings; the form shows it.
class Overtaken extends Error {}

export type SettingsForm = ReturnType<typeof useSettings>;
