import type { InfiniteData } from '@tanstack/react-query';

export interface Page<Item> {
  items: Item[];
  next?: string;
}

// PageParam is where a page begins: at a cursor, and before a time while the
// list is held still.
export interface PageParam {
  cursor?: string;
  until?: string;
}

export type Pages<P> = InfiniteData<P, PageParam>;

// pinOf is the time that a list is held still at, '' while it is live.
export function pinOf<P>(pages: Pages<P> | undefined): string {
  return pages?.pageParams[0]?.until ?? '';
}

// pin holds a list still before a time: what is accepted from then on does not
// come into it, while the rows that it has stay up to date.
export function pin<P>(pages: Pages<P>, until: string): Pages<P> {
  if (pinOf(pages)) return pages;
  return { pages: pages.pages, pageParams: pages.pageParams.map((param) => ({ ...param, until })) };
}

// unpin goes back to the newest page, live.
export function unpin<P>(pages: Pages<P>): Pages<P> {
  return { pages: pages.pages.slice(0, 1), pageParams: [{}] };
}

// nextParam leads to the page after.
export function nextParam(page: Page<unknown>, param: PageParam): PageParam | undefined {
  return page.next ? { ...param, cursor: page.next } : undefined;
}

// after is a time some milliseconds later. The API counts in microseconds, Date
// in milliseconds: one more is the next that is surely later.
export function after(time: string, milliseconds = 1): string {
  return new Date(new Date(time).getTime() + milliseconds).toISOString();
}
