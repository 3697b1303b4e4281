import { Feed, type Signal } from './feed';

// What a page says to the desk.
export type Call = 'hello' | 'bye' | 'wake';

// Listener is a page's end of a line: a MessagePort, or a function in a page.
export interface Listener {
  postMessage(signal: Signal): void;
}

// Desk shares one feed among the pages of a browser. It is open while at least
// one page listens.
export class Desk {
  #listeners = new Set<Listener>();
  #feed = new Feed((signal) => {
    for (const listener of this.#listeners) listener.postMessage(signal);
  });

  call(from: Listener, call: Call) {
    if (call === 'hello') {
      this.#listeners.add(from);
      this.#feed.start();
      const now = this.#feed.connection;
      from.postMessage(now);
      // A page that joins may have fetched things before it was heard here.
      if (now.state === 'live') from.postMessage({ kind: 'resync' });
    }
    if (call === 'wake') {
      this.#feed.start(); // after an end, when somebody has signed in again
      this.#feed.wake();
    }
    if (call === 'bye') {
      this.#listeners.delete(from);
      if (this.#listeners.size === 0) this.#feed.stop();
    }
  }
}
