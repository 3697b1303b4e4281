// The System page has no topic of its own: others make it stale (live/topics.ts),
// and it asks again by the clock.
export const systemKeys = {
  all: ['system'] as const,
};
