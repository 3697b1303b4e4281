// templates are rules to start from, by what they tell of.
export const templates = ['contacts', 'campaigns', 'emails'] as const;
export type Template = (typeof templates)[number];

const wanted: Record<Template, string[]> = {
  contacts: ['contact.created'],
  campaigns: ['campaign.started', 'campaign.completed'],
  emails: ['email.sent', 'email.clicked', 'email.opened'],
};

// eventsOf are those of a template that the catalog has; all while it is not known.
export const eventsOf = (name: Template, types: readonly string[] | undefined): string[] => wanted[name].filter((type) => !types || types.includes(type));
