// Whoever has a URL of one of these services can use it: it is a credential.
const services = [
  'azure.com',
  'discord.com',
  'discordapp.com',
  'googleapis.com',
  'ifttt.com',
  'integromat.com',
  'make.com',
  'office.com',
  'pipedream.net',
  'powerautomate.com',
  'powerplatform.com',
  'slack-gov.com',
  'slack.com',
  'zapier.com',
];

const parts = /^\s*[a-z]+:\/*([^/?#]*)([^?#]*)(.?)/i; // host, path, and what follows

// isCredential reports whether a URL, maybe typed by half, may be a secret by
// itself: by its service, a password or a query in it, or a part of the path that
// nobody would have made up.
export function isCredential(url: string): boolean {
  const [, host = '', path = '', more = ''] = parts.exec(url) ?? [];
  const name = host.replace(/:\d*$/, '').toLowerCase();
  if (more !== '' || /[@:]/.test(name)) return true;
  if (services.some((service) => name === service || name.endsWith(`.${service}`))) return true;
  return path.split('/').some((part) => part.length >= 20 && /\d/.test(part) && /[a-z]/i.test(part));
}
