import { useLocation, useNavigate, useSearchParams } from 'react-router';

type View = 'open' | 'add' | 'edit';

// Way is how the dialog came to what it shows: so many steps, from the page or
// from a link that had it open already. It stands in the history's state.
interface Way {
  depth: number;
  linked: boolean;
}

// The webhook dialog is part of the address: Back closes it, and a link opens
// it, also while a webhook is edited.
export function useWebhookModal() {
  const [search] = useSearchParams();
  const { pathname, state } = useLocation();
  const navigate = useNavigate();
  const view = search.get('webhooks');
  const opened = view === 'open' || view === 'add' || view === 'edit';
  const { depth, linked } = wayOf(state);

  function go(to: View | null, replace: boolean, way: Way, webhook?: string) {
    const next = new URLSearchParams(search);
    for (const [name, value] of [['webhooks', to], ['webhook', webhook]] as const) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    void navigate({ pathname, search: next.toString() }, { replace, state: way, preventScrollReset: true });
  }
  const deeper = (to: View, webhook?: string) => go(to, false, { depth: depth + 1, linked: linked || (opened && depth === 0) }, webhook);

  return {
    opened,
    adding: view === 'add',
    editing: view === 'edit' ? search.get('webhook') : null, // the id of a webhook
    open: () => deeper('open'),
    add: () => deeper('add'),
    edit: (webhook: string) => deeper('edit', webhook),
    list: () => (depth > 1 || linked ? void navigate(-1) : go('open', true, { depth, linked })),
    // Back must not open it again, where that can be helped.
    close: () => (depth > 0 && !linked ? void navigate(-depth) : go(null, true, { depth: 0, linked: false })),
  };
}

function wayOf(state: unknown): Way {
  const { depth, linked } = (typeof state === 'object' && state !== null ? state : {}) as Partial<Record<keyof Way, unknown>>;
  return { depth: typeof depth === 'number' ? depth : 0, linked: linked === true };
}
