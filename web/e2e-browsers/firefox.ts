import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer-core';
import { end } from '../e2e/program.ts';
import { program, type Driver, type Part, type Role } from './driver.ts';

// Firefox, without a window, over WebDriver BiDi.
export class Firefox implements Driver {
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  static async start(): Promise<Driver> {
    const browser = await puppeteer.launch({ browser: 'firefox', executablePath: program('FIREFOX'), headless: true, defaultViewport: { width: 1280, height: 800 } });
    // The page that it starts with never gets the focus, so that no field is left.
    try {
      return new Firefox(browser, await browser.newPage());
    } catch (cause) {
      await end(browser.process());
      throw cause;
    }
  }

  async open(address: string) {
    await this.#page.goto(address);
  }

  async part(role: Role, label: string): Promise<Part | null> {
    const found = await this.#page.$(role === 'password' ? `::-p-aria([name="${label}"])` : `::-p-aria([name="${label}"][role="${role}"])`);
    return found && new FirefoxPart(found);
  }

  async press(modifier: 'Control', letter: string) {
    await this.#page.keyboard.down(modifier);
    await this.#page.keyboard.type(letter);
    await this.#page.keyboard.up(modifier);
  }

  run<T>(inPage: () => T): Promise<T> {
    return this.#page.evaluate(inPage) as Promise<T>;
  }

  async picture(file: `${string}.png`) {
    await this.#page.screenshot({ path: file });
  }

  async close() {
    const child = this.#browser.process();
    try {
      await this.#browser.close();
    } finally {
      await end(child);
    }
  }
}

class FirefoxPart implements Part {
  readonly #handle: ElementHandle;

  constructor(handle: ElementHandle) {
    this.#handle = handle;
  }

  click = () => this.#handle.click();
  type = (text: string) => this.#handle.type(text);
  value = () => this.#handle.evaluate((element) => (element as HTMLInputElement).value);
  checked = () => this.#handle.evaluate((element) => (element as HTMLInputElement).checked);
}
