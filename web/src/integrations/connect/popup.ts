const size = 'popup,width=560,height=760';

// openWindow opens the window of a sign-in. It must be called within the click:
// a browser blocks what comes later. null: it was blocked.
export function openWindow(): Window | null {
  const opened = window.open('', '_blank', size);
  if (opened) opened.opener = null; // what is shown there has nothing to do with this page
  return opened;
}

// isAddress keeps an answer that is no web address from being gone to.
export function isAddress(url: string): boolean {
  const { protocol } = new URL(url, window.location.href);
  return protocol === 'https:' || protocol === 'http:';
}

// lead shows an address in a window that was opened for it. False: somebody has
// closed it.
export function lead(opened: Window, url: string): boolean {
  if (opened.closed || !isAddress(url)) return false;
  opened.location.replace(url);
  return true;
}
