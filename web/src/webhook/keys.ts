// webhookKeys are the keys of everything that is read about webhooks. A message
// of the topic "webhooks" makes all of them stale.
export const webhookKeys = {
  all: ['webhooks'] as const,
  list: () => ['webhooks', 'list'] as const,
  one: (id: string) => ['webhooks', 'one', id] as const,
  toggle: () => ['webhooks', 'toggle'] as const, // of changes, not of what is read
  statistics: (id: string) => ['webhooks', 'statistics', id] as const,
};

// templateKeys: templates come with the program and never change while it runs.
export const templateKeys = {
  list: () => ['webhookTemplates'] as const,
};

// eventTypeKeys: what a webhook can subscribe to has a topic of its own.
export const eventTypeKeys = {
  all: ['eventTypes'] as const,
  list: () => ['eventTypes', 'list'] as const,
  one: (type: string) => ['eventTypes', 'one', type] as const,
};
