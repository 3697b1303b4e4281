import { Fragment } from 'react';

// Address is a URL that breaks where its parts end, not within a word.
export function Address({ url }: { url: string }) {
  return url.split(/(?<=[^/:][/?&])/).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
