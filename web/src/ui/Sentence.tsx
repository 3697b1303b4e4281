import { Code } from '@mantine/core';
import { Fragment } from 'react';

// Sentence is a text of the server, which puts commands between backticks.
export function Sentence({ text }: { text: string }) {
  return text.split('`').map((part, i) => (i % 2 === 1 ? <Code key={i}>{part}</Code> : <Fragment key={i}>{part}</Fragment>));
}
