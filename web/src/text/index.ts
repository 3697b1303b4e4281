import { en } from './en';

// Text is the catalog's shape: another language is a folder beside en whose
// index exports an object of this type, and a line below.
export type Text = typeof en;

const languages: Record<string, Text> = { en };

// pick finds the first language of the browser that there is a catalog for.
export function pick(wanted: readonly string[]): { code: string; text: Text } {
  for (const tag of wanted) {
    const code = tag.split('-')[0]?.toLowerCase() ?? '';
    const text = languages[code];
    if (text) return { code, text };
  }
  return { code: 'en', text: en };
}

const picked = pick(navigator.languages);

export const language = picked.code;
export const t: Text = picked.text;

// reasons are those that a person may give, in the order in which they are offered.
export type Reason = keyof Text['reason'];
export const reasons = Object.keys(t.reason) as Reason[];

// reasonOf puts one of them into words; any other stands as it was given.
export function reasonOf(reason: string, text: Text): string {
  return (text.reason as Record<string, string>)[reason] ?? reason;
}

// useText is t for components.
export const useText = (): Text => t;
