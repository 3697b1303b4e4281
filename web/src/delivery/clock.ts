// clock writes a moment as a clock shows it: the time alone if it is today, else
// with its date; in the browser's locale.
export function clock(at: string | Date, now: Date = new Date(), locale?: string): string {
  const moment = new Date(at);
  const today = moment.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(locale, today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' }).format(moment);
}
