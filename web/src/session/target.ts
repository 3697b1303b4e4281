// target is where to go after signing in: an address of this console only, so
// that a link to the sign-in page cannot lead to another site.
export function target(to: string | null): string {
  const home = '/settings/integrations';
  if (!to || !to.startsWith('/')) return home;
  const url = URL.canParse(to, window.location.origin) ? new URL(to, window.location.origin) : null;
  if (!url || url.origin !== window.location.origin || url.pathname === '/sign-in') return home;
  return url.pathname + url.search + url.hash;
}

// signInAddress is the sign-in page with the way back.
export function signInAddress(from: { pathname: string; search: string }): string {
  const to = from.pathname + from.search;
  return to === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(to)}`;
}
