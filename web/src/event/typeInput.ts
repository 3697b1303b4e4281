import type { FieldProblem } from '../api';
import { mistakeIn, type Mistake } from '../delivery/json';

// TypeInput is an event type as its form holds it: JSON as text.
export interface TypeInput {
  type: string;
  description: string;
  schema: string;
  example: string;
  strict: boolean;
}

export const emptyType: TypeInput = { type: '', description: '', schema: '', example: '', strict: false };

export type JsonMistake = Mistake | 'object';

export interface TypeMistakes {
  type?: 'typeMissing' | 'typeForm' | 'typeReserved' | 'typeLong';
  schema?: JsonMistake;
  example?: JsonMistake;
  strict?: 'strictNeeds';
}

// The server's own rule, said before it is asked.
const form = /^[a-z0-9_]+(\.[a-z0-9_]+){1,3}$/;
const longestType = 100;

export function mistakesOf(input: TypeInput): TypeMistakes {
  const type = typeMistake(input.type);
  const schema = jsonMistake(input.schema);
  const example = jsonMistake(input.example);
  return {
    ...(type && { type }),
    ...(schema && { schema }),
    ...(example && { example }),
    ...(input.strict && input.schema.trim() === '' && { strict: 'strictNeeds' as const }),
  };
}

function typeMistake(type: string): TypeMistakes['type'] {
  if (type === '') return 'typeMissing';
  if (type.length > longestType) return 'typeLong';
  if (!form.test(type)) return 'typeForm';
  if (type.startsWith('webhook.')) return 'typeReserved';
  return undefined;
}

// jsonMistake: both are optional, and objects.
export function jsonMistake(text: string): JsonMistake | undefined {
  if (text.trim() === '') return undefined;
  const mistake = mistakeIn(text);
  if (mistake) return mistake;
  return text.trimStart().startsWith('{') ? undefined : 'object';
}

// bodyTextOf is the request's body. JSON goes into it as it was typed; an empty
// one is left out of a new type, and removed from an old one.
export function bodyTextOf(input: TypeInput, isNew: boolean): string {
  const json = (text: string) => (text.trim() === '' ? (isNew ? undefined : 'null') : text);
  const members: [string, string | undefined][] = [
    ['type', isNew ? JSON.stringify(input.type) : undefined],
    ['description', JSON.stringify(input.description)],
    ['schema', json(input.schema)],
    ['example', json(input.example)],
    ['strict', String(input.strict)],
  ];
  return `{${members.flatMap(([name, text]) => (text === undefined ? [] : [`"${name}":${text}`])).join(',')}}`;
}

type Field = keyof TypeInput;

const fields: Field[] = ['type', 'description', 'schema', 'example', 'strict'];

// place sorts the server's messages to the fields; within JSON they name the
// place. What belongs to no field is left to be shown above.
export function place(errors: readonly FieldProblem[]): { at: Partial<Record<Field, string[]>>; rest: FieldProblem[] } {
  const at: Partial<Record<Field, string[]>> = {};
  const rest: FieldProblem[] = [];
  for (const error of errors) {
    const field = fields.find((f) => new RegExp(`^body\\.${f}(?:[.[]|$)`).test(error.location));
    if (!field) {
      rest.push(error);
      continue;
    }
    const path = error.location.slice(`body.${field}`.length).replace(/^\./, '');
    (at[field] ??= []).push(path ? `${path}: ${error.message}` : error.message);
  }
  return { at, rest };
}
