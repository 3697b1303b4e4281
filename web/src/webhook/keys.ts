// webhookKeys are the keys of everything that is read about webhooks. A message
// of the topic "webhooks" makes all of them stale.
export const webhookKeys = {
  all: ['webhooks'] as const,
  list: () => ['webhooks', 'list'] as const,
  one: (id: string) => ['webhooks', 'one', id] as const,
  secret: (id: string) => ['webhooks', 'secret', id] as const,
  statistics: (id: string) => ['webhooks', 'statistics', id] as const,
  eventTypes: () => ['webhooks', 'eventTypes'] as const,
};

// templateKeys: templates come with the program and never change while it runs.
export const templateKeys = {
  list: () => ['webhookTemplates'] as const,
};
