import { useLocation, useNavigate, useSearchParams } from 'react-router';

export type View = 'open' | 'add';

// The webhook dialog is part of the address: Back closes it, and a link opens
// it. How deep it was opened from within the page stands in the history's state.
export function useWebhookModal() {
  const [search] = useSearchParams();
  const { pathname, state } = useLocation();
  const navigate = useNavigate();
  const view = search.get('webhooks');
  const depth = depthOf(state);

  function go(to: View | null, replace: boolean, at: number) {
    const next = new URLSearchParams(search);
    if (to) next.set('webhooks', to);
    else next.delete('webhooks');
    void navigate({ pathname, search: next.toString() }, { replace, state: { depth: at }, preventScrollReset: true });
  }

  return {
    opened: view === 'open' || view === 'add',
    adding: view === 'add',
    open: () => go('open', false, 1),
    add: () => go('add', false, depth + 1),
    list: () => (depth > 1 ? void navigate(-1) : go('open', true, depth)),
    close: () => (depth > 0 ? void navigate(-depth) : go(null, true, 0)),
  };
}

function depthOf(state: unknown): number {
  const depth = typeof state === 'object' && state !== null && 'depth' in state ? state.depth : 0;
  return typeof depth === 'number' ? depth : 0;
}
