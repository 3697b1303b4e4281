// Every key begins with the topic that makes it stale.
export const integrationKeys = {
  all: ['integrations'] as const,
  list: () => ['integrations', 'list'] as const,
  one: (slug: string) => ['integrations', 'one', slug] as const,
  attempt: (slug: string, id: string) => ['integrations', 'attempt', slug, id] as const,
  syncs: (slug: string) => ['integrations', 'syncs', slug] as const,
  health: (slug: string, range: string) => ['integrations', 'health', slug, range] as const,
  imports: (slug: string) => ['integrations', 'imports', slug] as const,
  notifications: (slug: string) => ['integrations', 'notifications', slug] as const,
  toggle: () => ['integrations', 'toggle'] as const, // of changes, not of what is read
};

// What is read from a provider, counted over a week or made for a form is no
// affair of each change: it is asked for when it is needed.
export const lookKeys = {
  choices: (slug: string, account: string) => ['integrationChoices', slug, account] as const,
  impact: (slug: string) => ['integrationImpact', slug] as const,
  scopes: (slug: string, settings: unknown) => ['integrationScopes', slug, settings] as const,
  preview: (slug: string, rule: unknown, eventType: string) => ['integrationPreview', slug, rule, eventType] as const,
};
