import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './program.ts';

// Unset is "patchboard serve" on an empty database: nobody has set it up.
export class Unset {
  readonly url: string; // without a path
  readonly setup: string; // the one-time address that it printed
  readonly #dir: string;
  readonly #program: Program;

  private constructor(dir: string, program: Program) {
    const address = /http:\/\/\S+\/setup#token=\S+/.exec(program.said)?.[0];
    if (!address) throw new Error(`no one-time address in what the server said:\n${program.said}`);
    this.#dir = dir;
    this.#program = program;
    this.setup = address;
    this.url = new URL(address).origin;
  }

  static async start(): Promise<Unset> {
    const dir = await mkdtemp(join(tmpdir(), 'patchboard-unset-'));
    return new Unset(dir, await Program.start(['serve', '--data-dir', dir, '--listen', 'localhost:0'], /setup#token=\S+\n/));
  }

  async stop() {
    await this.#program.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
