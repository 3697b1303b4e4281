// Names of inputs, as people know them, by their place in a request.
const inputs: Record<string, string> = {
  'body.email': 'E-mail address',
  'body.password': 'Password',
  'body.organizationName': 'Organization',
  'body.url': 'Webhook URL',
  'body.events': 'Events',
  'body.reason': 'Reason',
  clientId: 'Client id',
  clientSecret: 'Client secret',
  'body.settings': 'Settings',
  'body.syncEverySeconds': 'Sync interval',
};

export const problem = {
  retry: 'Retry',
  field: (location: string, message: string) => `${inputs[location] ?? location.replace(/^(body|query|path|header)\./, '')}: ${message}`,
  away: {
    title: 'The server cannot be reached',
    detail: 'Nothing that you typed is lost.',
    fix: 'Check that the server is running and that you are connected, then try again.',
  },
  answer: (status: number) => ({
    title: `The server answered ${status}`,
    detail: 'The answer was not one of Patchboard. Something between the browser and the server may have written it.',
    fix: 'Try again. If it stays, ask whoever runs the proxy in front of Patchboard.',
  }),
  unknown: {
    title: 'Something went wrong',
    detail: 'The console met an error that it does not know.',
    fix: 'Try again. If it stays, load the page anew.',
  },
};
