export const integrations = {
  title: 'Integrations',
  subtitle: (organization: string) => `What connects ${organization} with other systems`,

  settings: {
    title: 'API Settings',
    subtitle: 'Configure API access and webhooks',
  },

  webhooks: {
    title: 'Webhooks',
    subtitle: 'Configure real-time event notifications',
    configure: 'Configure',
    counts: {
      active: 'active',
      failing: 'failing',
      off: 'off',
      disabled: 'disabled',
    },
    last: 'last delivery',
    none: 'no delivery yet',
  },
};
