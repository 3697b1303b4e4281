const number = (n: number) => new Intl.NumberFormat().format(n);
const deliveries = (n: number) => `${number(n)} ${n === 1 ? 'delivery' : 'deliveries'}`;
const seconds = (ms: number) => new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(ms / 1000);

// duration is a short time as people read it: "43 ms", "1.2 s".
const duration = (ms: number) => (ms < 1000 ? `${number(Math.round(ms))} ms` : `${seconds(ms)} s`);

// Guidance by the cause of a failed check.
const guidance: Record<string, string> = {
  format: 'Give an address such as https://api.example.com/webhooks.',
  dns: 'Check the host name for a typing error, and that its DNS record exists and is public.',
  address_refused: 'Give an address on the public internet, or ask whoever runs this server to allow its network.',
  connect: 'Check that the server is running, that the port is right, and that its firewall lets Patchboard in.',
  tls: 'Check the certificate of the server: its name, its end, and that the intermediate certificates are sent.',
  timeout: 'The endpoint must answer in time. Let it answer first and do its work afterwards.',
  status: 'The endpoint must answer a POST request with a status from 200 to 299. Look into its log.',
};

// And by who refused the request, where one did: a receiver of a new webhook, one
// of a webhook that there is, or a chat.
const refusedGuidance = {
  added:
    'If it checks signatures, give it the signing secret below and try again. If it wants a header of its own, save the webhook switched off; a system administrator can then add the header on its page.',
  edited:
    'If it checks signatures, it needs the signing secret of this webhook; if it wants a header of its own, that one must be right. A system administrator has both on the webhook’s page.',
  chat: 'The URL may be cut off, or may have been withdrawn. Copy it from the receiver once more, or make another one there.',
};

export const webhook = {
  title: 'Webhook Configuration',
  duration,
  deliveries,

  active: 'Active Webhooks',
  addNew: 'Add New Webhook',
  back: 'Back to the list',
  empty: {
    title: 'No webhooks yet',
    text: 'A webhook sends the events that you choose to an address of yours, signed, the moment they happen.',
  },
  unfinished: (url: string) => (url ? `There is an unfinished webhook: ${url}` : 'There is an unfinished webhook.'),
  unsaved: (url: string) => `There are changes of ${url} that are not saved.`,
  goOn: 'Continue',
  discardDraft: 'Discard it',

  toggle: (url: string) => `Send events to ${url}`,
  switchingOff: 'Switching off…',
  switchingOffText: 'Waiting until no request can start any more.',
  onFailed: 'The webhook was not switched on',
  offFailed: 'The webhook was not switched off',
  test: 'Test',
  testOf: (url: string) => `Test ${url}`,
  edit: 'Edit',
  editOf: (url: string) => `Edit ${url}`,
  remove: 'Delete',
  removeOf: (url: string) => `Delete ${url}`,
  events: 'Events',

  health: {
    switchedOff: 'Switched off',
    disabled: 'Disabled by Patchboard',
    by: (who: string) => `by ${who}`,
    lastSuccess: 'Last delivery',
    none: 'Nothing delivered yet',
    checked: 'Reached by a check',
    // Followed, where it is known, by ", the first" and how long ago that was.
    failures: (n: number, afterSuccess: boolean) => `${number(n)} ${n === 1 ? 'try has' : 'tries have'} failed${afterSuccess ? ' since the last success' : ''}`,
    first: (n: number) => (n === 1 ? ',' : ', the first'),
    checkFailed: 'The last check failed',
    reasons: {
      gone: 'the endpoint answered 410 Gone',
      failing_long: 'no try has succeeded for five days',
    } as Record<string, string>,
  },

  why: {
    question: 'Why is it switched off? (optional)',
    stored: 'The reason is in the audit log.',
    notStored: 'The reason was not stored',
    dismiss: 'No reason',
  },

  held: {
    notice: (n: number) => `${deliveries(n)} ${n === 1 ? 'is' : 'are'} held: ${n === 1 ? 'it' : 'they'} came while nothing was sent.`,
    send: (n: number) => `Send ${number(n)} held`,
    discard: 'Discard',
    discardNotAllowed: 'Only a system administrator can discard held deliveries.',
    later: 'Decide later',
    discardTitle: 'Discard held deliveries?',
    discardText: (n: number, url: string) => `${deliveries(n)} held for ${url} will never be sent. Their log stays until retention ends.`,
    discardConfirm: 'Discard',
    sent: (n: number) => `${deliveries(n)} on the way`,
    discarded: (n: number) => `${deliveries(n)} discarded`,
  },

  tested: {
    running: 'Sending a test event…',
    title: (url: string) => `Test of ${url}`,
    passed: 'The endpoint took the test event.',
    failed: 'The test failed.',
    status: 'Status',
    noStatus: 'no answer',
    time: 'Time',
    class: 'Class',
    success: 'Success',
    more: 'Open the test tool',
    dismiss: 'Dismiss the result',
  },
  causes: {
    format: 'URL format',
    dns: 'DNS',
    address_refused: 'Address refused',
    connect: 'Connection',
    tls: 'TLS',
    timeout: 'Timeout',
    status: 'Status',
  } as Record<string, string>,

  deleting: {
    title: 'Delete webhook?',
    confirm: 'Confirm',
    consequence: 'This webhook stops at once and cannot be brought back. Its log stays until retention ends.',
    pending: (n: number) => (n === 0 ? 'No pending deliveries end with it.' : `${deliveries(n)} that ${n === 1 ? 'is' : 'are'} pending or held end${n === 1 ? 's' : ''} with it.`),
    unknown: 'How many pending deliveries end with it is not known yet.',
    done: 'Webhook deleted',
  },

  form: {
    startFrom: 'Start from',
    startFromText: 'A template chooses fitting events and says what to do on the other side.',
    templatesFailed: 'The templates could not be loaded. The form works without them.',
    pattern: 'Its URL',
    looksLike: 'It looks like',
    otherPrefix: (prefix: string) => `The URLs of this receiver mostly begin with ${prefix}`,
    steps: 'On the other side',
    sources: 'Read more',

    url: 'Webhook URL',
    placeholder: 'https://api.example.com/webhooks',
    urlText: 'Events are sent here by POST, over https. When you leave the field, Patchboard sends it a test request.',
    urlMissing: 'Enter the URL that the events go to.',
    urlForbidden: 'This webhook has custom headers, which may hold secrets. Only a system administrator can change its URL.',
    wellFormed: 'The format is right.',
    wellFormedOff: 'The format is right. Nothing is sent to it yet.',
    cancelled: 'The check was cancelled.',
    check: 'Check now',
    reaching: 'Sending a signed test request…',
    waitingForSecret: 'Waiting for the signing secret…',
    cancelCheck: 'Cancel check',
    reached: (ms: number) => (ms < 1 ? 'The endpoint answered in less than 1 ms.' : `The endpoint answered in ${duration(ms)}.`),
    unchanged: 'This is the URL at present.',
    retry: 'Retry',
    guidance: (cause: string | undefined, detail: string | undefined, receiver: 'added' | 'edited' | 'chat') =>
      cause === 'status' && / 40[13]\b/.test(detail ?? '') ? refusedGuidance[receiver] : (guidance[cause ?? ''] ?? ''),
    twice: 'Another webhook has this URL too. Both would get the event.',

    off: 'Save switched off',
    offText: 'The webhook is added, and nothing is sent before you switch it on.',
    offEditText: 'The new URL is saved, and nothing is sent before you switch it on.',
    offRefused: 'Not even a webhook that is off may have an address that is not permitted.',

    events: 'Events to Subscribe',
    all: 'Select all',
    chosen: (n: number, of: number) => `${number(n)} of ${number(of)} selected`,
    eventsMissing: 'Choose at least one event.',
    lockedForm: 'Correct the webhook URL to choose events. What you have chosen is kept.',
    lockedReach: 'Choosing goes on when the endpoint answers, or when you choose “Save switched off”. What you have chosen is kept.',

    secret: 'Signing secret',
    secretText: 'This webhook will sign with it. Give it to the receiver now, so that it can verify the test request already.',
    secretNew: 'This is a new secret: for safety the one shown before was not kept. Give the receiver this one.',
    copySecret: 'Copy signing secret',
    howToVerify: 'How to verify',

    keyQuestion: 'Does the receiver need a new API key?',

    add: 'Add Webhook',
    adding: 'Checking the endpoint and adding the webhook…',
    added: 'Webhook added',
    addedOff: 'It is switched off.',

    editTitle: 'Edit Webhook',
    save: 'Save changes',
    saving: 'Saving the changes…',
    savingUrl: 'Checking the endpoint and saving the changes…',
    saved: 'Webhook changed',
    nothing: 'Nothing has changed.',
    more: 'Secret, headers and more on its page',
    gone: 'This webhook was deleted meanwhile.',
    changedTitle: 'The webhook was changed meanwhile',
    changedText: 'Somebody else changed it after you opened it. This is what changed:',
    takeTheirs: 'Take over the new values',
    keepMine: 'Save mine all the same',
    urlField: 'URL',
  },
};
