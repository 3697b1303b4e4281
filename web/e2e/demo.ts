import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './program.ts';

export interface Account {
  email: string;
  password: string;
}

export interface Facts {
  url: string;
  inbox: string;
  apiKey: string;
  system: Account;
  utility: Account;
}

const restarts = 20; // tries to be at the old address again

// Demo is a running "patchboard demo" with a data directory of its own.
export class Demo {
  readonly dir: string;
  facts!: Facts;
  #program: Program | null = null;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async start(): Promise<Demo> {
    const demo = new Demo(await mkdtemp(join(tmpdir(), 'patchboard-browser-')));
    await demo.#run('0', ['--fresh']);
    return demo;
  }

  // restart stops the server, waits, and starts it at the same address. Somebody
  // else may have the port for a moment, and the demo be at the next one.
  async restart(between: () => Promise<void> = () => Promise.resolve()) {
    const { url } = this.facts;
    await this.#end();
    await between();
    for (let tries = 1; ; tries++) {
      await this.#run(new URL(url).port, []);
      if (this.facts.url === url) return;
      await this.#end();
      if (tries === restarts) throw new Error(`the port of ${url} stays taken`);
    }
  }

  async stop() {
    await this.#end();
    await rm(this.dir, { recursive: true, force: true });
  }

  // #run starts the demo at a port, 0 for any that is free: it then says which.
  async #run(port: string, more: string[]) {
    this.#program = await Program.start(['demo', '--data-dir', this.dir, '--listen', `localhost:${port}`, ...more], /Ctrl-C stops/);
    this.facts = read(this.#program.said);
  }

  async #end() {
    await this.#program?.stop();
    this.#program = null;
  }
}

// read takes the facts from what the demo prints.
function read(said: string): Facts {
  const find = (pattern: RegExp) => {
    const found = pattern.exec(said)?.[1];
    if (!found) throw new Error(`${pattern} is not in what the demo said:\n${said}`);
    return found;
  };
  const account = (role: string) => {
    const line = new RegExp(`^ +(\\S+) +password (\\S+) +${role}`, 'im').exec(said);
    if (!line?.[1] || !line[2]) throw new Error(`no account of a ${role}:\n${said}`);
    return { email: line[1], password: line[2] };
  };
  return {
    url: find(/^ +(?:Console|Server) +(\S+)/m),
    inbox: find(/^ +Webhook inbox +(\S+)/m),
    apiKey: find(/Bearer (sX_\w+)/),
    system: account('system administrator'),
    utility: account('utility administrator'),
  };
}
