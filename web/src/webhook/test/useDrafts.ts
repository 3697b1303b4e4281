import { useState } from 'react';

// useDrafts keeps a payload for each type that somebody has edited, so that a look
// at another type loses nothing.
export function useDrafts() {
  const [drafts, setDrafts] = useState<Record<string, string>>({});
  return {
    draftOf: (type: string): string | undefined => drafts[type],
    edit: (type: string, text: string) => setDrafts((all) => ({ ...all, [type]: text })),
    drop: (type: string) => setDrafts(({ [type]: _, ...rest }) => rest),
  };
}
