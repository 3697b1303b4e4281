import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

const tolerance = 5 * 60; // seconds that a timestamp may be off

// Receiver is somebody's own server, as the Standard Webhooks scheme tells to write
// one: it answers 401 to all that is not signed with its secret, also before it has
// been given any.
export class Receiver {
  readonly events: { id: string; type: string }[] = []; // taken, oldest first
  secret = ''; // whsec_…
  #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const holds = this.#verify(request.headers, body);
      if (holds) this.events.push({ id: String(request.headers['webhook-id']), type: (JSON.parse(body) as { type: string }).type });
      response.writeHead(holds ? 204 : 401).end();
    });
  });

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((done) => receiver.#server.listen(0, '127.0.0.1', done));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks`;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #verify(headers: IncomingHttpHeaders, body: string): boolean {
    const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => String(headers[name]));
    if (this.secret === '' || !(Math.abs(Date.now() / 1000 - Number(timestamp)) < tolerance)) return false;
    const key = Buffer.from(this.secret.replace(/^whsec_/, ''), 'base64');
    const wanted = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
    return String(signatures)
      .split(' ')
      .map((one) => Buffer.from(one.replace(/^v1,/, ''), 'base64'))
      .some((given) => given.length === wanted.length && timingSafeEqual(given, wanted));
  }
}
