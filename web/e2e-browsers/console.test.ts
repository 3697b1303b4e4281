import { mkdir } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Demo, type Facts } from '../e2e/demo.ts';
import type { Driver, Part, Role } from './driver.ts';
import { Firefox } from './firefox.ts';
import { WebKit } from './webkit.ts';

// What matters most in the console, in the browsers that its other tests do not
// use: written once, and done by each of them.

const deadline = 20_000; // ms for a condition to come true, on a busy machine
const browsers = [
  ['Firefox', Firefox.start],
  ['WebKitGTK', WebKit.start],
] as const;

declare global {
  interface Window {
    faults?: string[];
  }
}

let facts: Facts;

beforeAll(async () => {
  const demo = await Demo.start();
  facts = demo.facts;
  return () => demo.stop();
});

describe.each(browsers)('%s', (name, start) => {
  let driver: Driver;

  beforeEach(async ({ task }) => {
    driver = await start();
    return async () => {
      try {
        if (task.result?.state === 'fail') await picture(task.name);
      } finally {
        await driver.close();
      }
    };
  });

  async function picture(title: string) {
    await mkdir('test-results', { recursive: true });
    await driver.picture(`test-results/${name}-${title.replace(/\W+/g, '-')}.png`);
  }

  // find waits for a part of the page.
  const find = (role: Role, label: string): Promise<Part> =>
    until(async () => (await driver.part(role, label)) ?? undefined, `${role} "${label}"`);

  // hear waits until the page says it, aloud for a screen reader as well.
  const hear = (words: RegExp) =>
    expect.poll(() => driver.run(() => [...document.querySelectorAll('[role=status], [role=alert]')].map((e) => e.textContent).join('\n')), { timeout: deadline }).toMatch(words);

  // signIn does it by the form, on a page whose faults are noted from then on.
  async function signIn() {
    await driver.open(facts.url);
    await driver.run(() => {
      const faults: string[] = (window.faults = []);
      addEventListener('error', (event) => faults.push(event.message));
      addEventListener('unhandledrejection', (event) => faults.push(String(event.reason)));
      document.addEventListener('securitypolicyviolation', (event) => faults.push(`the policy refused ${event.effectiveDirective} ${event.blockedURI}`));
    });
    await (await find('textbox', 'E-mail address')).type(facts.system.email);
    await (await find('password', 'Password')).type(facts.system.password);
    await (await find('button', 'Sign in')).click();
    await hear(/^Live$/m);
  }

  const expectNoFaults = async () => expect(await driver.run(() => window.faults)).toEqual([]);

  const copying = {
    'the button': async () => (await find('button', 'Copy API key')).click(),
    'the keys': async () => {
      await (await find('textbox', 'API key, masked')).click();
      await driver.press('Control', 'c');
    },
  };

  test.each(['the button', 'the keys'] as const)('the API key is copied by %s: pasted, it is there in full', async (way) => {
    await signIn();
    await copying[way]();
    await hear(/API key copied/);
    await (await find('button', 'Search and commands')).click();
    const field = await find('textbox', 'Search and commands');
    await field.click();
    await driver.press('Control', 'v');
    await expect.poll(() => field.value(), { timeout: deadline }).toBe(facts.apiKey);
    await expectNoFaults();
  });

  test('a webhook is added, and is in the list', async () => {
    const url = `https://api.example.com/webhooks/${name.toLowerCase()}`;
    await signIn();
    await (await find('button', 'Configure')).click();
    await find('dialog', 'Webhook Configuration');
    await (await find('button', 'Add New Webhook')).click();
    await (await find('textbox', 'Webhook URL')).type(url);
    const event = await find('checkbox', 'contact.created');
    await event.click(); // and the field is left: the endpoint is asked
    await expect.poll(() => event.checked(), { timeout: deadline }).toBe(true);
    await hear(/The endpoint answered in/);
    await (await find('button', 'Add Webhook')).click();
    await hear(/Webhook added/);
    await find('link', url);
    expect(await (await find('switch', `Send events to ${url}`)).checked()).toBe(true);

    await expect.poll(() => verdict(url), { timeout: deadline }).toBe('Signature valid');
    await expectNoFaults();
  });
});

// verdict is what the inbox says of the newest request to an address.
async function verdict(url: string): Promise<string | undefined> {
  const { messages } = (await (await fetch(`${facts.inbox}/messages.json`)).json()) as { messages: { url: string; verdict: string }[] };
  return messages.find((message) => message.url === url)?.verdict;
}

// until polls until there is something, and gives it.
async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  let found: T | undefined;
  await expect.poll(async () => (found = await look()) !== undefined, { timeout: deadline, message: what }).toBe(true);
  return found as T;
}
