import { Fragment } from 'react';

// Address is a URL that breaks where its parts end, not within a word.
export function Address({ url }: { url: string }) {
  return url.split(/(?<=[^/:][/.?&=])/).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

// WithAddresses is a text in which the URLs break so.
export function WithAddresses({ text }: { text: string }) {
  return text.split(/(https?:\/\/\S+)/).map((part, i) => (i % 2 === 1 ? <Address key={i} url={part} /> : <Fragment key={i}>{part}</Fragment>));
}
