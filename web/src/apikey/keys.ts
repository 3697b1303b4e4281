// Everything of the API key begins with the topic that the server names when
// it changes.
export const apiKeyKeys = {
  all: ['apiKey'] as const,
  one: () => [...apiKeyKeys.all, 'one'] as const,
  usage: (by: string, range: string) => [...apiKeyKeys.all, 'usage', by, range] as const,
};
