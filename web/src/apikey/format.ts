const hourly = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' });
const daily = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', timeZone: 'UTC' });

// startOf names a bucket: hours in the browser's own time, days as the server
// counts them, in UTC.
export function startOf(start: number, by: 'hour' | 'day'): string {
  return (by === 'hour' ? hourly : daily).format(start);
}

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

export function share(part: number, whole: number): string {
  return percent.format(whole > 0 ? part / whole : 0);
}
