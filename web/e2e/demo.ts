import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const binary = process.env.PATCHBOARD ?? join(import.meta.dirname, '../../bin/patchboard');
const startTime = 30_000; // ms, on a busy machine
const stopTime = 15_000;

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

// Demo is a running "patchboard demo" with a data directory of its own.
export class Demo {
  readonly dir: string;
  facts!: Facts;
  #process: ChildProcess | null = null;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async start(): Promise<Demo> {
    const demo = new Demo(await mkdtemp(join(tmpdir(), 'patchboard-browser-')));
    await demo.#run(await freePort(), ['--fresh']);
    return demo;
  }

  // restart stops the server, waits, and starts it at the same address.
  async restart(between: () => Promise<void> = () => Promise.resolve()) {
    const { port } = new URL(this.facts.url);
    await this.#end();
    await between();
    await this.#run(Number(port), []);
  }

  async stop() {
    await this.#end();
    await rm(this.dir, { recursive: true, force: true });
  }

  async #run(port: number, more: string[]) {
    const child = spawn(binary, ['demo', '--data-dir', this.dir, '--listen', `localhost:${port}`, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    let said = '';
    this.facts = await new Promise<Facts>((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`the demo does not start:\n${said}`)), startTime);
      const hear = (chunk: Buffer) => {
        said += chunk.toString();
        if (!said.includes('Ctrl-C stops')) return;
        clearTimeout(timer);
        done(read(said));
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', fail);
      child.once('exit', (code) => fail(new Error(`the demo ended with ${code}:\n${said}`)));
    });
  }

  async #end() {
    const child = this.#process;
    this.#process = null;
    await end(child);
  }
}

// end asks a process to stop, and makes it stop when it does not.
export async function end(child: ChildProcess | null) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTime);
  await ended;
  clearTimeout(timer);
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

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
