// The System page has no topic of its own: it asks again by the clock.
export const systemKeys = {
  all: ['system'] as const,
};
