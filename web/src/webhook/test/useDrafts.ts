import { useEffect, useState } from 'react';
import { useDraft } from '../../draft';

type Payloads = Record<string, string>;

function readPayloads(value: unknown): Payloads | null {
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

// useDrafts keeps a payload for each type that somebody has edited, so that a look
// at another type or page loses nothing.
export function useDrafts(webhook: string) {
  const { found, keep, drop } = useDraft(`webhook.${webhook}.test`, readPayloads);
  const [drafts, setDrafts] = useState<Payloads>(found ?? {});
  useEffect(() => {
    if (Object.keys(drafts).length > 0) keep(drafts, false);
    else drop();
  }, [drafts, keep, drop]);
  return {
    draftOf: (type: string): string | undefined => drafts[type],
    edit: (type: string, text: string) => setDrafts((all) => ({ ...all, [type]: text })),
    drop: (type: string) => setDrafts(({ [type]: _, ...rest }) => rest),
  };
}
