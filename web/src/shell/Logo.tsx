interface Props {
  size?: number;
}

export function Logo({ size = 22 }: Props) {
  return (
    <svg aria-hidden width={size} height={size} viewBox="0 0 16 16" style={{ flexShrink: 0 }}>
      <rect width="16" height="16" rx="3" fill="#1657c8" />
      <path d="M4.5 5.5c0 6 7 0 7 5" fill="none" stroke="#fff" strokeWidth="1.3" strokeLinecap="round" />
      <g fill="#fff">
        <circle cx="4.5" cy="4.5" r="1.8" />
        <circle cx="11.5" cy="11.5" r="1.8" />
      </g>
      <g fill="#fff" opacity=".45">
        <circle cx="11.5" cy="4.5" r="1.4" />
        <circle cx="4.5" cy="11.5" r="1.4" />
      </g>
    </svg>
  );
}
