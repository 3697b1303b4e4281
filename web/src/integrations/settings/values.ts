import type { Detail, Field, Rule } from '../types';

export type Values = Record<string, unknown>;

// A setting is read as its field has it, whatever a draft or another version left.
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
export const asNumber = (value: unknown): number | '' => (typeof value === 'number' && Number.isFinite(value) ? value : '');
export const asList = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);

export const asValues = (value: unknown): Values => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {});

export function asRules(value: unknown): Rule[] {
  if (!Array.isArray(value)) return [];
  return value.map((one: unknown) => {
    const rule = (typeof one === 'object' && one !== null ? one : {}) as Partial<Record<keyof Rule, unknown>>;
    return { events: asList(rule.events), channel: asText(rule.channel), title: asText(rule.title), text: asText(rule.text) };
  });
}

// isWrong tells a value that its field does not take.
export function isWrong(field: Field, value: unknown): boolean {
  switch (field.kind) {
    case 'number': {
      const n = asNumber(value);
      return n === '' || !Number.isInteger(n) || (field.min !== undefined && n < field.min) || (field.max !== undefined && n > field.max);
    }
    case 'rules':
      return asRules(value).some(isRuleWrong);
    case 'text':
      return field.optional !== true && asText(value).trim() === '';
    case 'choice':
      return !(field.options ?? []).some((option) => option.value === value);
    default:
      return false;
  }
}

// isAsked tells whether a field matters with such values.
export const isAsked = ({ when }: Field, values: Values): boolean => when === undefined || [when.value, ...(when.or ?? [])].some((value) => values[when.field] === value);

// areWrong tells values of which one that matters is not taken.
export const areWrong = (fields: Field[], values: Values): boolean => fields.some((field) => isAsked(field, values) && isWrong(field, values[field.name]));

export const isRuleWrong = (rule: Rule): boolean => rule.events.length === 0 || rule.channel === '' || rule.title.trim() === '';

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

// Settings is what a form holds.
export interface Settings {
  values: Values;
  every: number | ''; // seconds between syncs; '' for none, or none that is a number
}

export const settingsOf = (detail: Pick<Detail, 'settings' | 'sync'>): Settings => ({ values: asValues(detail.settings), every: detail.sync?.everySeconds ?? '' });

export const differ = (a: Settings, b: Settings): boolean => a.every !== b.every || !sameValues(a.values, b.values);

const sameValues = (a: Values, b: Values) => [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => same(a[name], b[name]));

// rebase puts what was typed on top of what is stored now: what was not touched
// follows the stored.
export function rebase(base: Settings, typed: Settings, stored: Settings): Settings {
  const values: Values = { ...stored.values };
  for (const [name, value] of Object.entries(typed.values)) if (!same(value, base.values[name])) values[name] = value;
  return { values, every: typed.every === base.every ? stored.every : typed.every };
}

// presetsOf are choices of a number of days that people tend to want.
export function presetsOf({ unit, min = 0, max = Infinity }: Field): number[] {
  return unit === 'days' ? [7, 30, 90, 365].filter((n) => n >= min && n <= max) : [];
}
