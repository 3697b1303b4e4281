import { useLocation, useNavigate, useSearchParams } from 'react-router';

// Way is how the guide came to what it shows: so many steps, from the page or
// from a link that had it open already. It stands in the history's state.
interface Way {
  guideDepth: number;
  guideLinked: boolean;
}

const names = ['connect', 'step', 'attempt'] as const;

// guideLink is the address that opens the guide of an integration.
export const guideLink = (slug: string, attempt?: string) =>
  `/settings/integrations?${new URLSearchParams({ connect: slug, ...(attempt && { attempt }) }).toString()}`;

// useGuide keeps the guide by which an integration is connected in the address:
// Back goes a step back, and a reload goes on where it was.
export function useGuide() {
  const [search] = useSearchParams();
  const { pathname, state } = useLocation();
  const navigate = useNavigate();
  const slug = search.get('connect');
  const { guideDepth: depth, guideLinked: linked } = wayOf(state);

  function go(values: Partial<Record<(typeof names)[number], string | null>>, replace: boolean, way: Way) {
    const next = new URLSearchParams(search);
    for (const name of names) {
      const value = values[name];
      if (value === null) next.delete(name);
      else if (value !== undefined) next.set(name, value);
    }
    void navigate({ pathname, search: next.toString() }, { replace, state: way, preventScrollReset: true });
  }
  const here = { guideDepth: depth, guideLinked: linked };
  const deeper = { guideDepth: depth + 1, guideLinked: linked || (slug !== null && depth === 0) };

  return {
    slug,
    step: search.get('step'),
    attempt: search.get('attempt'),
    open: (of: string, step?: string) => go({ connect: of, step: step ?? null, attempt: null }, false, deeper),
    go: (step: string) => go({ step }, false, deeper),
    become: (step: string, attempt?: string | null) => go({ step, attempt }, true, here), // the step is done and not gone back to
    // Back must not open it again, where that can be helped.
    close: () => {
      if (depth > 0 && !linked) void navigate(-depth);
      else go({ connect: null, step: null, attempt: null }, true, { guideDepth: 0, guideLinked: false });
    },
  };
}

export type Guide = ReturnType<typeof useGuide>;

function wayOf(state: unknown): Way {
  const { guideDepth, guideLinked } = (typeof state === 'object' && state !== null ? state : {}) as Partial<Record<keyof Way, unknown>>;
  return { guideDepth: typeof guideDepth === 'number' ? guideDepth : 0, guideLinked: guideLinked === true };
}
