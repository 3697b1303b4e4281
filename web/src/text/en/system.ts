const format = (n: number) => new Intl.NumberFormat().format(n);
const count = (n: number, one: string, many: string) => `${format(n)} ${n === 1 ? one : many}`;

export const system = {
  title: 'System',
  subtitle: 'How this installation of Patchboard is doing.',
  denied: 'Only system administrators see this page',
  deniedText: 'It shows the servers, the database and the queues. Ask a system administrator of your organization if you need to know.',

  about: {
    title: 'Installation',
    version: 'Version',
    database: 'Database',
    time: 'Time of the server',
    streams: 'Open live connections',
  },

  counts: {
    title: 'Deliveries',
    explain: 'Of this organization, since it exists; what retention removed stays counted. Nothing that was accepted is ever lost:',
    terms: { created: 'created', delivered: 'delivered', pending: 'pending', held: 'held', failed: 'failed', discarded: 'discarded' },
    equation: 'Delivery counts',
    holds: 'The sum holds',
    broken: 'The sum does not hold',
    missing: (n: number) =>
      n > 0
        ? `${count(n, 'delivery was', 'deliveries were')} created and ${n === 1 ? 'is' : 'are'} in no state.`
        : `${count(-n, 'delivery is', 'deliveries are')} in a state and ${n === -1 ? 'was' : 'were'} never created.`,
    defect: 'This is a defect of Patchboard: please report it, with the server’s log.',
    check: {
      at: 'Checked',
      none: 'Not compared with the stored deliveries yet: that is done every hour, the first time soon after the start.',
      holds: 'The books of the installation were compared with every stored delivery: they agree.',
      differs: 'The books of the installation were compared with every stored delivery: they differ. This is a defect of Patchboard: please report it, with the server’s log.',
      unfinished: 'The last comparison with the stored deliveries did not finish; it is tried again within the hour. The server’s log says why.',
    },
  },

  lanes: {
    title: 'Queues by age',
    explain: 'Webhooks with deliveries that wait, the longest wait first. Each has a queue of its own, so one that waits delays no other.',
    webhook: 'Webhook',
    oldest: 'Oldest delivery',
    node: 'Served by',
    noNode: 'no node at the moment',
    due: 'due',
    next: 'next try',
    none: 'Nothing waits',
    noneText: 'Every delivery that is due has been sent.',
    most: (n: number) => `The first ${format(n)} are shown.`,
    ages: {
      later: 'not due yet',
      minute: 'under a minute',
      ten: 'under 10 minutes',
      hour: 'under an hour',
      longer: 'an hour or more',
    },
    age: (n: number, age: string) => `${format(n)} ${age}`,
  },

  disk: {
    title: 'Disk',
    database: 'Database',
    used: 'Data directory',
    free: (free: string, total: string) => `${free} free of ${total}`,
    unknown: 'not known',
    bar: 'Part of the disk that is in use',
    low: 'The disk is nearly full',
    lowText: 'When it is full, nothing can be accepted. Make room, or keep less: --retain-deliveries-days and --retain-bytes remove finished deliveries earlier.',
    here: 'Of the node that answers.',
    elsewhere: 'The data lie on the Postgres server: watch its disk there. The directory of this node holds the signed heads of the audit log and the keyset.',
  },

  nodes: {
    title: 'Nodes',
    explain: 'Servers that share the database. A node holds its queues by a lease; when it dies, others take them over once the lease has run out.',
    node: 'Node',
    address: 'Address',
    version: 'Version',
    started: 'Started',
    lease: 'Lease',
    lanes: 'Queues',
    self: 'answers this page',
    leased: (seconds: number) => `good for ${count(seconds, 'second', 'seconds')}`,
    expired: 'has run out',
    otherVersion: 'Nodes run different versions. Update all to the same one.',
  },

  mail: {
    title: 'Mail',
    explain: 'Alerts are mailed through this server. It is a setting of the installation.',
    none: 'No mail server is set up',
    noneText: 'Whoever runs this server names one with --smtp-address and --smtp-from (PATCHBOARD_SMTP_ADDRESS, PATCHBOARD_SMTP_FROM), and starts it anew.',
    server: 'Server',
    from: 'Sender',
    tls: 'Encryption',
    modes: { starttls: 'STARTTLS', tls: 'TLS from the start', none: 'none: alerts are sent in the open' },
    lastSent: 'Last sent',
    lastFailed: 'Last failure',
    never: 'nothing yet, to this organization',
    noFailure: 'none',
    test: 'Send a test mail',
    alerts: 'Choose who is told of what',
  },

  audit: {
    title: 'Audit log',
    entries: 'Entries',
    open: 'Open the audit log',
  },
};
