// alertKeys are the keys of everything that is read about alerts. A message of
// the topic "alerts" makes all of them stale.
export const alertKeys = {
  all: ['alerts'] as const,
  newest: () => ['alerts', 'newest'] as const,
  list: () => ['alerts', 'list'] as const,
  routes: () => ['alerts', 'routes'] as const,
  preferences: () => ['alerts', 'preferences'] as const,
};
