import { Desk, type Call } from './desk';

// The SharedWorker: one for all tabs of a browser.
interface Scope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const desk = new Desk();

(self as unknown as Scope).onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  port.onmessage = (message: MessageEvent<Call>) => desk.call(port, message.data);
};
