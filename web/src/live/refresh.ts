const everything = '*';

// Refresher turns a storm of changes into few refetches: the first of a topic at
// once, the next when that one is done and a pause has passed. While nobody
// looks it only notes.
export class Refresher {
  #refetch: (topic: string | null) => Promise<unknown>;
  #pause: (topic: string) => number;
  #waiting = new Set<string>();
  #busy = new Set<string>();
  #asleep = false;

  constructor(refetch: (topic: string | null) => Promise<unknown>, pause: (topic: string) => number) {
    this.#refetch = refetch;
    this.#pause = pause;
  }

  topic(name: string) {
    this.#waiting.add(name);
    this.#next(name);
  }

  all() {
    this.#waiting.clear();
    this.topic(everything);
  }

  sleep() {
    this.#asleep = true;
  }

  wake() {
    this.#asleep = false;
    for (const name of [...this.#waiting]) this.#next(name);
  }

  #next(name: string) {
    if (this.#asleep || this.#busy.has(name) || !this.#waiting.delete(name)) return;
    this.#busy.add(name);
    const done = () =>
      setTimeout(() => {
        this.#busy.delete(name);
        this.#next(name);
      }, this.#pause(name));
    this.#refetch(name === everything ? null : name).then(done, done);
  }
}
