import { mistakeIn, type Mistake } from '../../delivery/json';
import type { Text } from '../../text';

export interface PayloadMistake {
  kind: Mistake['kind'] | 'noObject';
  line: number; // 1 for the first
  column: number;
}

// checkPayload finds what keeps a text from being an event's data; null if it can
// be sent.
export function checkPayload(text: string): PayloadMistake | null {
  const mistake = mistakeIn(text);
  if (mistake) return { kind: mistake.kind, line: mistake.line, column: mistake.column };
  const start = text.search(/\S/);
  if (text[start] === '{') return null;
  const before = text.slice(0, start).split('\n');
  return { kind: 'noObject', line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

export function mistakeWords(mistake: PayloadMistake, t: Text): string {
  return t.testTool.form.at(mistake.line, mistake.column, t.testTool.mistake[mistake.kind]);
}

// exampleText is what the editor starts from.
export function exampleText(example: unknown): string {
  return example === undefined ? '{}' : JSON.stringify(example, null, 2);
}

// bodyOf is the request for a test. The payload goes in as it was typed, since a
// long number would lose digits as a value; the type's own example is left to the
// server, which then takes the outcome for the webhook's health.
export function bodyOf(type: string, payload: string | null): string {
  const name = JSON.stringify(type);
  return payload === null ? `{"type":${name}}` : `{"type":${name},"data":${payload.trim()}}`;
}
