export const sessionKeys = {
  all: ['session'] as const,
  current: () => [...sessionKeys.all, 'current'] as const,
  setup: () => [...sessionKeys.all, 'setup'] as const,
};
