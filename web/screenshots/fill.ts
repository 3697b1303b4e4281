import type { Facts } from '../e2e/demo.ts';
import { Caller, until } from './caller.ts';
import { campaigns, contacts, hooks, invoiceType, mails } from './company.ts';
import type { Sessions } from './sessions.ts';

// Filled names what the screens show.
export interface Filled {
  healthy: string; // ids of webhooks
  failing: string;
  off: string;
  disabled: string;
  incomplete: string; // id of an event that some webhooks did not get
  retried: string; // ids of deliveries
  gone: string;
}

interface Delivery {
  id: string;
}

// fill gives the demo the life of a small company, always the same, through the
// API: as programs and people do.
export async function fill(facts: Facts, sessions: Sessions): Promise<Filled> {
  const program = Caller.withKey(facts.url, facts.apiKey);
  const system = Caller.withCookies(facts.url, sessions.system);
  const utility = Caller.withCookies(facts.url, sessions.utility);
  const add = async (body: object) => (await system.call<{ id: string }>('POST', '/webhooks', body)).id;
  const send = async (type: string, data: object) => (await program.call<{ id: string }>('POST', '/events', { type, data })).id;
  const found = async (query: string) => (await system.call<{ items: Delivery[] }>('GET', `/deliveries?${query}`)).items;
  const behave = (behaviour: string, times: 'once' | 'all') => inboxDoes(facts.inbox, behaviour, times);

  await system.call('POST', '/event-types', invoiceType);
  const { activeWebhooks } = await system.call<{ activeWebhooks: { id: string }[] }>('GET', '/webhooks');
  const healthy = activeWebhooks[0]?.id ?? '';
  await system.call('PATCH', `/webhooks/${healthy}`, { description: 'Contacts for the data warehouse' });
  await add(hooks.marketing);
  await add(hooks.accounting);
  const failing = await add(hooks.engagement);
  const off = await add(hooks.legacy);
  const disabled = await add(hooks.pilot);
  // Everything that goes to this one fails, so nothing of it is waited for.
  const quiet = () => until(async () => (await found('state=pending')).length === (await found(`state=pending&webhookId=${failing}`)).length);

  for (const data of contacts) await send('contact.created', data);
  for (const data of campaigns) await send('campaign.started', data);
  await send('invoice.paid', { id: 'inv_2041', amount: 480.5, currency: 'EUR' });
  await send('invoice.paid', { id: 'inv_2042', amount: 1290, currency: 'EUR' });
  await quiet();

  await utility.call('PATCH', `/webhooks/${off}`, { enabled: false, reason: 'maintenance' });
  await behave('fail', 'once');
  const twice = await send('contact.updated', { id: 'con_102', email: 'grace@navy.example', changedFields: ['company'] });
  await quiet(); // after its second try
  await behave('gone', 'once');
  await send('campaign.completed', { id: 'cmp_7', name: 'Autumn newsletter', channel: 'email' });
  await quiet();
  await system.call('PATCH', `/webhooks/${failing}`, { enabled: true });
  for (const data of mails) await send('email.sent', data);
  await until(async () => (await system.call<{ status: string }>('GET', `/webhooks/${failing}`)).status === 'failing');
  const incomplete = await send('contact.created', { id: 'con_107', email: 'hedy@hopping.example', firstName: 'Hedy', lastName: 'Lamarr' });
  await quiet();

  await callsOfPrograms(facts.url, program);
  await deedsOfPeople(system, utility, healthy);
  const retried = (await found(`eventId=${twice}&state=delivered`))[0]?.id ?? '';
  const gone = (await found('state=failed'))[0]?.id ?? '';
  return { healthy, failing, off, disabled, incomplete, retried, gone };
}

async function inboxDoes(inbox: string, behaviour: string, times: string) {
  const body = new URLSearchParams({ behaviour, times });
  const answer = await fetch(new URL('/behaviour', inbox), { method: 'POST', body, redirect: 'manual' });
  if (answer.status !== 303) throw new Error(`the inbox does not ${behaviour}: ${answer.status}`);
}

// callsOfPrograms are for the usage of the API key: what works, and what does not.
async function callsOfPrograms(url: string, program: Caller) {
  for (let i = 0; i < 12; i++) await program.call('GET', '/webhooks');
  for (let i = 0; i < 5; i++) await program.call('GET', '/deliveries?state=held');
  await program.call('GET', '/event-types');
  await program.status('GET', '/webhooks/wh_01h455vb4pex5vsknk084sn02q');
  await program.status('POST', '/events', { type: 'contact.create', data: {} });
  await program.status('POST', '/events', { type: 'invoice.paid', data: { id: 'inv_2043' } });
  await Caller.withKey(url, 'sX_not_a_key').status('GET', '/webhooks');
}

// deedsOfPeople are for the audit log.
async function deedsOfPeople(system: Caller, utility: Caller, webhook: string) {
  await utility.call('POST', '/api-key/copy', { copyMethod: 'button' });
  await utility.call('POST', `/webhooks/${webhook}/test`);
  await utility.status('GET', '/users');
  await utility.status('POST', '/api-key/regenerate', { token: 'none' });
  await system.call('PATCH', `/webhooks/${webhook}`, { events: ['contact.created', 'contact.updated', 'contact.deleted'] });
  await system.call('POST', `/webhooks/${webhook}/secret/rotate`, {});
  await system.call('POST', '/users', { email: 'mary@demo.example', role: 'utility_admin', password: 'a pass phrase for Mary' });
}
