import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { limits, Queue, type Outcome, type Tracked } from './queue';

const event = (n: number): Tracked => ({
  event: 'webhook_modal_opened',
  properties: { existing_webhook_count: n },
  timestamp: new Date(n).toISOString(),
});

function setUp(...outcomes: Outcome[]) {
  const sent: number[][] = [];
  const beacons: number[][] = [];
  let takes = true;
  const numbers = (batch: Tracked[]) => batch.map((e) => (e.properties as { existing_webhook_count: number }).existing_webhook_count);
  const queue = new Queue({
    post: (batch) => {
      sent.push(numbers(batch));
      return Promise.resolve(outcomes.shift() ?? 'stored');
    },
    beacon: (batch) => {
      if (takes) beacons.push(numbers(batch));
      return takes;
    },
  });
  queue.trackFor('usr_1');
  const add = (from: number, to = from) => {
    for (let n = from; n <= to; n++) queue.add(event(n));
  };
  return { queue, sent, beacons, add, refuseBeacons: (refuse: boolean) => (takes = !refuse) };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('Queue', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends what came within five seconds at once', async () => {
    const { sent, add } = setUp();
    add(1);
    await pass(limits.wait - 1);
    add(2);
    expect(sent).toEqual([]);
    await pass(1);
    expect(sent).toEqual([[1, 2]]);
    await pass(limits.longestWait);
    expect(sent).toHaveLength(1);
  });

  it('sends twenty without waiting', async () => {
    const { sent, add } = setUp();
    add(1, limits.full - 1);
    await pass(0);
    expect(sent).toEqual([]);
    add(limits.full);
    await pass(0);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toHaveLength(limits.full);
  });

  it('tries again while the server is away, ever more slowly, with the same events', async () => {
    const { sent, add } = setUp('away', 'away', 'stored');
    add(1);
    await pass(limits.wait);
    add(2);
    await pass(2 * limits.wait - 1);
    expect(sent).toEqual([[1]]);
    await pass(1);
    expect(sent).toEqual([[1], [1, 2]]);
    await pass(4 * limits.wait);
    expect(sent).toEqual([[1], [1, 2], [1, 2]]);
    await pass(10 * limits.longestWait);
    expect(sent).toHaveLength(3);
  });

  it('gives up after its tries, and goes on with what comes later', async () => {
    const { sent, add } = setUp(...Array<Outcome>(limits.tries).fill('away'));
    add(1);
    await pass(10 * limits.longestWait);
    expect(sent).toHaveLength(limits.tries);
    add(2);
    await pass(limits.wait);
    expect(sent.at(-1)).toEqual([2]);
  });

  it('does not hurry while the server is away, and keeps the newest only', async () => {
    const { sent, add } = setUp('away');
    add(1);
    await pass(limits.wait);
    add(2, limits.kept + 50);
    await pass(0);
    expect(sent).toHaveLength(1);
    await pass(2 * limits.wait);
    expect(sent[1]).toHaveLength(limits.batch);
    expect(sent[1]?.[0]).toBe(51);
  });

  it('drops what the server refuses', async () => {
    const { sent, add } = setUp('refused');
    add(1);
    await pass(10 * limits.longestWait);
    expect(sent).toEqual([[1]]);
  });

  it('stops when the server says that tracking is off', async () => {
    const { queue, sent, beacons, add } = setUp('off');
    add(1);
    await pass(limits.wait);
    add(2, 40);
    queue.leave();
    await pass(10 * limits.longestWait);
    expect(sent).toEqual([[1]]);
    expect(beacons).toEqual([]);
  });

  it('takes nothing while nobody is signed in', async () => {
    const { queue, sent, beacons, add } = setUp();
    queue.trackFor(null);
    add(1, 40);
    queue.leave();
    queue.trackFor('usr_1');
    await pass(limits.wait);
    expect(sent).toEqual([]);
    expect(beacons).toEqual([]);
  });

  it('keeps what waits for the same person, and for nobody else', async () => {
    const one = setUp();
    one.add(1);
    one.queue.trackFor(null);
    await pass(limits.longestWait);
    expect(one.sent).toEqual([]);
    one.queue.trackFor('usr_1');
    await pass(limits.wait);
    expect(one.sent).toEqual([[1]]);

    const other = setUp();
    other.add(1);
    other.queue.trackFor(null);
    other.queue.trackFor('usr_2');
    await pass(limits.longestWait);
    expect(other.sent).toEqual([]);
  });

  it('hands what waits to a beacon when the page goes away, once', async () => {
    const { queue, sent, beacons, add } = setUp();
    add(1, 2);
    queue.leave();
    queue.leave();
    await pass(limits.longestWait);
    expect(beacons).toEqual([[1, 2]]);
    expect(sent).toEqual([]);
  });

  it('keeps what a beacon does not take', async () => {
    const { queue, sent, add, refuseBeacons } = setUp();
    refuseBeacons(true);
    add(1);
    queue.leave();
    await pass(limits.wait);
    expect(sent).toEqual([[1]]);
  });
});
