import type { Clock, MessageQueue, OpenQueue } from '@tessera/protocol';

/** Jobs whose queues are kept open at once. */
const KEPT = 16;
/** After so long a queue is looked up again: it may be gone, and its job with it. */
const TRUSTED_MS = 30_000;

/** Queues that answers go to, opened once and looked up again now and then. */
export class ReplyQueues {
  readonly #open: OpenQueue;
  readonly #clock: Clock;
  readonly #queues = new Map<string, { readonly queue: Promise<MessageQueue>; readonly openedAt: number }>();

  constructor(open: OpenQueue, clock: Clock) {
    this.#open = open;
    this.#clock = clock;
  }

  /** @throws QueueGoneError when the job is over; a failure is not remembered. */
  get(name: string): Promise<MessageQueue> {
    const known = this.#queues.get(name);
    if (known && this.#clock.now() - known.openedAt < TRUSTED_MS) return known.queue;
    const queue = this.#open(name);
    this.#queues.delete(name);
    this.#queues.set(name, { queue, openedAt: this.#clock.now() });
    if (this.#queues.size > KEPT) this.#queues.delete(this.#queues.keys().next().value!);
    queue.catch(() => this.forget(name, queue));
    return queue;
  }

  /** The next who asks opens it anew. */
  forget(name: string, queue?: Promise<MessageQueue>): void {
    if (queue === undefined || this.#queues.get(name)?.queue === queue) this.#queues.delete(name);
  }
}
