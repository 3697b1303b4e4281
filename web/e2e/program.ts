import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export const binary = process.env.PATCHBOARD ?? join(import.meta.dirname, '../../bin/patchboard');

const startTime = 30_000; // ms, on a busy machine
const stopTime = 15_000;

// Program is the built binary, running.
export class Program {
  readonly said: string; // until it was ready
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, said: string) {
    this.#child = child;
    this.said = said;
  }

  // start waits until the program has said that it is ready.
  static async start(args: string[], ready: RegExp): Promise<Program> {
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`patchboard ${args[0]} does not start:\n${said}`)), startTime);
      const hear = (chunk: Buffer) => {
        said += chunk.toString();
        if (!ready.test(said)) return;
        clearTimeout(timer);
        done(new Program(child, said));
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', fail);
      child.once('exit', (code) => fail(new Error(`patchboard ${args[0]} ended with ${code}:\n${said}`)));
    });
  }

  stop(): Promise<void> {
    return end(this.#child);
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
