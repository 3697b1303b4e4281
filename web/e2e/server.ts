import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './demo.ts';
import { binary, Program } from './program.ts';

const run = promisify(execFile);

// Server is "patchboard serve" with a data directory of its own, which outlives
// its stop.
export class Server {
  readonly dir: string;
  url = ''; // without a path
  setup = ''; // the one-time address, where it printed one
  #program: Program | null = null;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async make(): Promise<Server> {
    return new Server(await mkdtemp(join(tmpdir(), 'patchboard-server-')));
  }

  // organization makes the first one, from the command line, on a server that is
  // not started.
  async organization(name: string, owner: Account): Promise<{ apiKey: string }> {
    const { stdout } = await this.command('admin', 'create-org', '--name', name, '--email', owner.email, ...(await this.#password(owner)));
    return JSON.parse(stdout) as { apiKey: string };
  }

  async user(account: Account, role: 'system_admin' | 'utility_admin') {
    await this.command('admin', 'create-user', '--email', account.email, '--role', role, ...(await this.#password(account)));
  }

  async start(...settings: string[]) {
    await this.#run(/msg=ready/, settings);
    this.url = this.#found(/address=(http\S+)/);
  }

  // startUnset starts on an empty database.
  async startUnset() {
    await this.#run(/setup#token=\S+\n/);
    this.setup = this.#found(/(http\S+\/setup#token=\S+)/);
    this.url = new URL(this.setup).origin;
  }

  async stop() {
    await this.#program?.stop();
    this.#program = null;
  }

  async remove() {
    await this.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  command(...args: string[]) {
    return run(binary, [...args, '--data-dir', this.dir]);
  }

  async #password({ password }: Account): Promise<string[]> {
    const file = join(this.dir, 'password');
    await writeFile(file, password, { mode: 0o600 });
    return ['--password-file', file];
  }

  async #run(ready: RegExp, settings: string[] = []) {
    this.#program = await Program.start(['serve', '--data-dir', this.dir, '--listen', 'localhost:0', ...settings], ready);
  }

  #found(pattern: RegExp): string {
    const found = pattern.exec(this.#program?.said ?? '')?.[1];
    if (!found) throw new Error(`${pattern} is not in what the server said`);
    return found;
  }
}
