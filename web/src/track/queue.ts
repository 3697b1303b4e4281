import type { TrackedEvent, TrackedEvents } from './catalog';

export interface Tracked {
  event: TrackedEvent;
  properties: TrackedEvents[TrackedEvent];
  timestamp: string;
}

// What became of a batch: the server has it, does not want it, does not store
// anything at all, or did not answer.
export type Outcome = 'stored' | 'refused' | 'off' | 'away';

export interface Transport {
  post: (batch: Tracked[]) => Promise<Outcome>;
  beacon: (batch: Tracked[]) => boolean; // for a page that goes away: nobody hears the answer
}

export const limits = {
  wait: 5_000, // ms until a batch is sent
  full: 20, // events that are sent at once
  batch: 100, // the most that the server takes
  kept: 200, // the most that wait; the oldest go first
  tries: 5, // of one batch, while the server is away
  longestWait: 60_000, // ms between two tries
};

// Queue sends one person's events in batches. It loses some rather than ever
// getting in anybody's way: nothing here throws.
export class Queue {
  private waiting: Tracked[] = [];
  private person: string | null = null; // whose events are taken now
  private owner: string | null = null; // whose events wait
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending = false;
  private failed = 0; // tries of the first batch

  constructor(private readonly transport: Transport) {}

  // trackFor says whose events come from now on; null: nobody's, nothing is
  // taken or sent. What waits is kept for the same person's return.
  trackFor(person: string | null) {
    if (person !== null && person !== this.owner) {
      this.owner = person;
      this.waiting = [];
      this.failed = 0;
    }
    this.person = person;
    this.stop();
    this.schedule();
  }

  add(event: Tracked) {
    if (this.person === null) return;
    this.waiting.push(event);
    if (this.waiting.length > limits.kept) this.waiting.shift();
    if (this.waiting.length >= limits.full && this.failed === 0) void this.flush();
    else this.schedule();
  }

  // leave sends what waits while the page goes away.
  leave() {
    if (this.person === null) return;
    while (this.waiting.length > 0) {
      if (!this.transport.beacon(this.waiting.slice(0, limits.batch))) return;
      this.waiting.splice(0, limits.batch);
    }
    this.stop();
  }

  private async flush() {
    this.stop();
    if (this.sending || this.person === null || this.waiting.length === 0) return;
    this.sending = true;
    const owner = this.person;
    const batch = this.waiting.splice(0, limits.batch);
    const outcome = await this.transport.post(batch);
    this.sending = false;
    if (outcome === 'off') {
      this.waiting = [];
      this.person = null;
      return;
    }
    if (outcome === 'away' && this.owner === owner) this.back(batch);
    else this.failed = 0;
    this.schedule();
  }

  // back keeps a batch for another try, unless it has had its share.
  private back(batch: Tracked[]) {
    this.failed += 1;
    if (this.failed < limits.tries) this.waiting = [...batch, ...this.waiting].slice(-limits.kept);
    else this.failed = 0;
  }

  private schedule() {
    if (this.timer !== undefined || this.sending || this.person === null || this.waiting.length === 0) return;
    const wait = Math.min(limits.wait * 2 ** this.failed, limits.longestWait);
    this.timer = setTimeout(() => void this.flush(), wait);
  }

  private stop() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
