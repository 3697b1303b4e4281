import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

// Mails is a mail server of the test: it takes every mail in the open, and keeps
// it. To an address of "refused" it says no.
export class Mails {
  readonly got: string[] = [];
  #server: Server;
  #open = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Mails> {
    const server = createServer();
    const mails = new Mails(server);
    server.on('connection', (socket) => mails.#serve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return mails;
  }

  get address() {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop() {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket) {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', () => socket.destroy());
    const say = (line: string) => socket.write(`${line}\r\n`);
    let came = '';
    let mail: string | null = null; // the text that is on its way
    socket.on('data', (chunk) => {
      came += chunk.toString();
      for (let end = came.indexOf('\r\n'); end >= 0; end = came.indexOf('\r\n')) {
        const line = came.slice(0, end);
        came = came.slice(end + 2);
        if (mail === null) {
          if (/^data/i.test(line)) mail = '';
          say(answer(line));
        } else if (line === '.') {
          this.got.push(mail);
          mail = null;
          say('250 taken');
        } else mail += `${line}\n`;
      }
      if (socket.destroyed) this.#open.delete(socket);
    });
    say('220 mail.test');
  }
}

function answer(line: string): string {
  if (/^data/i.test(line)) return '354 go on';
  if (/^rcpt to:.*refused/i.test(line)) return '550 5.1.1 No such user here';
  if (/^quit/i.test(line)) return '221 bye';
  return '250 mail.test';
}
