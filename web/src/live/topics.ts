// What else a change of a topic makes stale, beside the queries of that topic.
const more: Record<string, string[]> = {
  deliveries: ['system'],
  events: ['system'],
  audit: ['system'],
  webhooks: ['system'],
  alerts: ['system'], // how the mail server does
  eventTypes: ['webhooks'], // a webhook's choice of events
};

export const staleBy = (topic: string): string[] => [topic, ...(more[topic] ?? [])];

// pauseOf is the time in ms between two refetches of a topic. The System page
// counts a lot and is no ticker.
export const pauseOf = (topic: string): number => (topic === 'system' ? 2_000 : 400);
