import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { Builder, By, Capabilities, Key, error, type WebDriver, type WebElement } from 'selenium-webdriver';
import { expect } from 'vitest';
import { end } from '../e2e/program.ts';
import { program, type Driver, type Part, type Role } from './driver.ts';

const startTime = 30_000; // ms, on a busy machine
const starts = 5; // ports that are tried

// WebDriver finds nothing by a role: these are the elements that have it, and
// among them the label decides.
const candidates: Record<Role, string> = {
  button: 'button, [role=button]',
  checkbox: 'input[type=checkbox]:not([role])',
  dialog: '[role=dialog]',
  link: 'a[href]',
  password: 'input[type=password]',
  switch: '[role=switch]',
  textbox: 'input:not([type=checkbox], [type=password], [type=radio]), textarea',
};

// WebKit is WebKitGTK's small browser, in a window, over WebDriver.
export class WebKit implements Driver {
  readonly #service: ChildProcess;
  readonly #driver: WebDriver;

  private constructor(service: ChildProcess, driver: WebDriver) {
    this.#service = service;
    this.#driver = driver;
  }

  static async start(): Promise<Driver> {
    const { service, server } = await serve();
    try {
      const capabilities = new Capabilities({ browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary: program('WEBKIT'), args: ['--automation'] } });
      const driver = await new Builder().usingServer(server).withCapabilities(capabilities).build();
      await driver.manage().window().setRect({ width: 1280, height: 800 });
      return new WebKit(service, driver);
    } catch (cause) {
      await end(service);
      throw cause;
    }
  }

  async open(address: string) {
    await this.#driver.get(address);
  }

  async part(role: Role, label: string): Promise<Part | null> {
    for (const element of await this.#driver.findElements(By.css(candidates[role]))) {
      if ((await labelOf(element)) === label) return new WebKitPart(element);
    }
    return null;
  }

  async press(_: 'Control', letter: string) {
    await this.#driver.actions().keyDown(Key.CONTROL).sendKeys(letter).keyUp(Key.CONTROL).perform();
  }

  run<T>(inPage: () => T): Promise<T> {
    return this.#driver.executeScript<T>(inPage);
  }

  async picture(file: `${string}.png`) {
    await writeFile(file, await this.#driver.takeScreenshot(), 'base64');
  }

  async close() {
    try {
      await this.#driver.quit();
    } finally {
      await end(this.#service);
    }
  }
}

class WebKitPart implements Part {
  readonly #element: WebElement;

  constructor(element: WebElement) {
    this.#element = element;
  }

  click = () => this.#element.click();
  type = (text: string) => this.#element.sendKeys(text);
  value = async () => String(await this.#element.getProperty('value'));
  checked = () => this.#element.isSelected();
}

// labelOf is null for what has no place in the tree of accessibility, or has left
// the page since it was found.
async function labelOf(element: WebElement): Promise<string | null> {
  try {
    return await element.getAccessibleName();
  } catch (cause) {
    if (cause instanceof error.WebDriverError) return null;
    throw cause;
  }
}

// serve starts the WebDriver. It wants to be told a port, which somebody else may
// take first: then it ends, and another port is tried.
async function serve(): Promise<{ service: ChildProcess; server: string }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const server = `http://127.0.0.1:${port}`;
    const service = spawn(program('WEBKIT_DRIVER'), [`--port=${port}`], { stdio: 'ignore' });
    try {
      await expect.poll(async () => service.exitCode !== null || (await ready(server)), { timeout: startTime }).toBe(true);
    } catch (cause) {
      await end(service);
      throw cause;
    }
    if (service.exitCode === null) return { service, server };
    if (tries === starts) throw new Error(`${program('WEBKIT_DRIVER')} ends with ${service.exitCode} on each port`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function ready(server: string): Promise<boolean> {
  try {
    const answer = await fetch(`${server}/status`);
    return ((await answer.json()) as { value: { ready: boolean } }).value.ready;
  } catch {
    return false; // it does not listen yet
  }
}
