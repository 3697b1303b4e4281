const number = (n: number) => new Intl.NumberFormat().format(n);
const counted = (n: number) => `${number(n)} ${n === 1 ? 'integration' : 'integrations'}`;
const unit = (n: number, name: string) => new Intl.NumberFormat(undefined, { style: 'unit', unit: name, unitDisplay: 'long' }).format(n);

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

// span is a time in the words of a clock on the wall: "3 minutes", "2 hours".
function span(ms: number): string {
  if (ms < minute) return 'less than a minute';
  if (ms < 2 * hour) return unit(Math.floor(ms / minute), 'minute');
  if (ms < 2 * day) return unit(Math.floor(ms / hour), 'hour');
  return unit(Math.floor(ms / day), 'day');
}

// interval is what stands after "every": also some seconds, and none is left out.
function interval(ms: number): string {
  const units = [[day, 'day'], [hour, 'hour'], [minute, 'minute'], [second, 'second']] as const;
  const [length, name] = units.find(([length]) => ms >= length && ms % length === 0) ?? units[3];
  const n = Math.max(1, Math.round(ms / length));
  return n === 1 ? name : unit(n, name);
}

export const integrations = {
  interval,
  title: 'Integrations',
  subtitle: (organization: string) => `What connects ${organization} with other systems`,

  overview: 'Overview',
  counters: {
    label: 'How many',
    connected: (n: string) => `Connected (${n})`,
    available: (n: string) => `Available (${n})`,
    categories: (n: string) => `Categories (${n})`,
  },

  attention: {
    title: 'Needs your attention',
    since: 'Since',
    affects: (what: string) => `Affects ${what}.`,
    actions: { reconnect: 'Reconnect', test: 'Test connection', setup: 'Set up', wait: 'See steps' },
    actionOf: (action: string, name: string) => `${action}: ${name}`,
    who: {
      nobody: 'Nobody has to do anything: it is tried again by itself.',
      admin: 'An administrator can mend it here.',
      operator: 'Whoever runs this server can mend it.',
      workspace: 'Whoever administers the account at the provider can mend it.',
    },
    steps: 'What to do',
    link: 'The provider’s own page about it',
  },

  // Categories by the API's names.
  categories: {
    all: 'All',
    label: 'Category',
    names: { Email: 'Email', Communication: 'Communication', Marketing: 'Marketing', Social: 'Social', CRM: 'CRM', Custom: 'Custom' } as Record<string, string>,
    counted,
    results: (n: number) => counted(n),
    of: (n: number, all: number) => `${number(n)} of ${counted(all)}`,
    search: 'Search integrations',
    clear: 'Clear the search',
    noMatch: 'No integration matches',
    noMatchText: 'Search for another name, or look in all categories.',
    showAll: 'Show all',
    custom: 'No custom connectors yet',
    customText: 'Custom is for connectors that an administrator defines. This version has those of its catalog only.',
  },

  category: {
    health: (name: string) => `Health of ${name}`,
    none: 'None of these is connected.',
    connected: (n: number) => `${number(n)} connected`,
    parts: {
      healthy: (n: number) => `${number(n)} healthy`,
      broken: (n: number) => `${number(n)} ${n === 1 ? 'needs' : 'need'} attention`,
      paused: (n: number) => `${number(n)} paused`,
      unchecked: (n: number) => `${number(n)} not checked yet`,
    },
    pause: 'Pause all',
    resume: 'Resume all',
    test: 'Test all',
    working: 'Working…',
    outcome: { paused: 'paused', resumed: 'resumed', refused: 'did not change' },
    outcomes: 'What came of it',
    dismiss: 'Dismiss',
  },

  cards: 'Integrations',
  toggle: (name: string) => `Use ${name}`,
  onFailed: 'The integration was not resumed',
  offFailed: 'The integration was not paused',
  status: {
    Connected: 'Connected',
    Paused: 'Paused',
    Error: 'Error',
    'Reconnect needed': 'Reconnect needed',
    Available: 'Available',
    Connecting: 'Connecting',
  } as Record<string, string>,
  health: { healthy: 'Healthy', degraded: 'Degraded', error: 'Error', reauthorize: 'Access ended', unchecked: 'Not checked yet' } as Record<string, string>,
  checked: 'checked',
  lastSync: 'Last sync',
  syncing: 'Syncing now',
  neverSynced: 'Not synced yet',
  paused: (by: string) => `Paused by ${by}`,
  pausedUnknown: 'Paused',
  connectingBy: (by: string) => `Being connected by ${by}`,
  connect: 'Connect',
  connectOf: (name: string) => `Connect ${name}`,
  goOn: 'Go on',
  goOnOf: (name: string) => `Go on connecting ${name}`,
  notConfigured: 'Its application has to be set up first.',

  span,

  check: {
    title: 'Test connection',
    of: (name: string) => `Test the connection to ${name}`,
    outcomeOf: (name: string) => `Test of ${name}`,
    running: 'Testing…',
    passed: 'The connection works.',
    failed: 'The connection does not work.',
    dismiss: 'Dismiss the result',
    steps: { dns: 'Name found (DNS)', tls: 'Secure connection (TLS)', token: 'Access token', scope: 'Permissions', call: 'A call' } as Record<string, string>,
    states: { ok: 'passed', failed: 'failed', skipped: 'not reached', waiting: 'waiting' } as Record<string, string>,
  },

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
