// What the company of the screenshots has and does.

export const invoiceType = {
  type: 'invoice.paid',
  description: 'An invoice was paid in full.',
  strict: true,
  schema: {
    type: 'object',
    required: ['id', 'amount', 'currency'],
    properties: {
      id: { type: 'string', description: 'The number of the invoice' },
      amount: { type: 'number', minimum: 0 },
      currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    },
  },
  example: { id: 'inv_2041', amount: 480.5, currency: 'EUR' },
};

export const contacts = [
  { id: 'con_101', email: 'ada@acme.example', firstName: 'Ada', lastName: 'Lovelace', company: 'Acme' },
  { id: 'con_102', email: 'grace@navy.example', firstName: 'Grace', lastName: 'Hopper', company: 'Navy Yard' },
  { id: 'con_103', email: 'alan@bletchley.example', firstName: 'Alan', lastName: 'Turing', company: 'Bletchley Park' },
  { id: 'con_104', email: 'katherine@orbit.example', firstName: 'Katherine', lastName: 'Johnson', company: 'Orbit' },
  { id: 'con_105', email: 'edsger@paths.example', firstName: 'Edsger', lastName: 'Dijkstra', company: 'Shortest Paths' },
  { id: 'con_106', email: 'barbara@types.example', firstName: 'Barbara', lastName: 'Liskov', company: 'Abstract Types' },
];

export const campaigns = [
  { id: 'cmp_7', name: 'Autumn newsletter', channel: 'email' },
  { id: 'cmp_8', name: 'Webinar on integrations', channel: 'event' },
];

export const mails = contacts.slice(0, 4).map((contact, i) => ({ id: `eml_${i + 1}`, contactId: contact.id, to: contact.email, campaignId: 'cmp_7' }));

// hooks are the company's receivers. The engagement service's name leads nowhere.
export const hooks = {
  marketing: { url: 'https://api.example.com/webhooks/marketing', events: ['campaign.started'], description: 'Campaign reports' },
  accounting: {
    url: 'https://your-api.com/billing/invoices',
    events: ['invoice.paid', 'contact.deleted'],
    description: 'Accounting',
    headers: { Authorization: 'Bearer accounting', 'X-Team': 'finance' },
  },
  engagement: {
    url: 'https://hooks.acme.invalid/engagement',
    events: ['email.sent', 'email.opened', 'email.clicked'],
    description: 'Engagement scores',
    enabled: false,
  },
  legacy: {
    url: 'https://your-api.com/legacy/contact-sync',
    events: ['contact.created', 'contact.updated', 'contact.deleted'],
    description: 'The old synchronization, until the move is done',
  },
  pilot: { url: 'https://your-api.com/pilot/campaigns', events: ['campaign.completed'] },
};
