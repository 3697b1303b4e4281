import type { SVGProps } from 'react';

// Strokes on a field of 24, drawn for this console.
const paths = {
  alert: 'M12 8v5m0 3v.01M10.3 3.9 2.4 18a2 2 0 0 0 1.7 3h15.8a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z',
  arrowLeft: 'M20 12H5m6-7-7 7 7 7',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l2 2H4l2-2Zm4 5h4M12 3v2',
  bolt: 'M13 3 5 14h6l-1 7 8-11h-6l1-7Z',
  calendar: 'M4 6h16v14H4zM4 10h16M8 3v4m8-4v4',
  chat: 'M4 5h16v11H9l-5 4V5Z',
  check: 'm5 13 4 4L19 7',
  chevronDown: 'm6 9 6 6 6-6',
  chevronRight: 'm9 6 6 6-6 6',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 4v5l3 2',
  code: 'm8 7-5 5 5 5m8-10 5 5-5 5M14 4l-4 16',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  download: 'M12 4v11m-5-5 5 5 5-5M4 20h16',
  edit: 'M4 20h4L19 9l-4-4L4 16v4Zm9-13 4 4',
  external: 'M14 4h6v6m0-6-9 9M18 14v6H4V6h6',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7Zm10-3a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z',
  filter: 'M4 5h16l-6 8v6l-4-2v-4L4 5Z',
  key: 'M15 9a4 4 0 1 0-3.5 4L13 14.5l2 .5v2h2v2h4v-3.5l-6.5-6.5Z',
  list: 'M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  mail: 'M3 6h18v13H3zm0 1 9 7 9-7',
  moon: 'M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5Z',
  pause: 'M8 5v14m8-14v14',
  play: 'M7 4v16l13-8L7 4Z',
  plug: 'M9 3v5m6-5v5M6 8h12v4a6 6 0 0 1-12 0V8Zm6 10v3',
  plus: 'M12 5v14M5 12h14',
  refresh: 'M20 11a8 8 0 0 0-14.3-4L4 9m0-5v5h5M4 13a8 8 0 0 0 14.3 4l1.7-2m0 5v-5h-5',
  retry: 'M4 9h10a5 5 0 0 1 0 10H8M8 5 4 9l4 4',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm4.8 11.3L20 20',
  send: 'M21 3 3 10l7 4 4 7 7-18ZM10 14 21 3',
  server: 'M4 4h16v6H4zm0 10h16v6H4zM8 7h.01M8 17h.01',
  shield: 'm12 3 8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6l8-3Zm-3 9 2 2 4-4',
  sliders: 'M4 7h10m4 0h2M4 17h2m4 0h10M16 5v4M8 15v4',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-5v1m0 16v1m9-9h-1M4 12H3m15.4-6.4-.8.8M6.4 17.6l-.8.8m12.8 0-.8-.8M6.4 6.4l-.8-.8',
  system: 'M3 5h18v11H3zm6 15h6m-3-4v4',
  trash: 'M4 7h16m-10 0V4h4v3M6 7l1 13h10l1-13m-8 4v5m4-5v5',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 21c0-4 4-6 8-6s8 2 8 6',
  webhook: 'M9 9a3.5 3.5 0 1 1 5 3l3 5M9 17H4.5M9 17a3.5 3.5 0 1 1-3-5.2L9 7.5m5 9.5a3.5 3.5 0 1 0 3-3',
  x: 'M6 6l12 12M18 6 6 18',
} as const;

export type IconName = keyof typeof paths;

interface Props extends Omit<SVGProps<SVGSVGElement>, 'name'> {
  name: IconName;
  size?: number;
}

// Icon is decoration: the control around it carries the name.
export function Icon({ name, size = 16, ...rest }: Props) {
  return (
    <svg
      aria-hidden
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ flexShrink: 0 }}
      {...rest}
    >
      <path d={paths[name]} />
    </svg>
  );
}
