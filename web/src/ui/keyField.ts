// keyField is the look of a key in a field. At 14 px some fonts put the
// underscore below what a field shows.
export const keyField = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '13px', textOverflow: 'ellipsis' } };
