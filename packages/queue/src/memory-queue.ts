import type { Clock, MessageQueue, OpenQueue, QueueCounts, ReceivedMessage } from '@tessera/protocol';
import { batchesOf } from './batches.ts';
import { QueueGoneError } from './errors.ts';

/** Why a wait ends before its time; made once, for an exception is dear. */
const WOKEN = new Error('there may be messages');

interface Stored {
  readonly body: string;
  receiveCount: number;
  visibleAt: number;
  receipt: string | undefined;
}

/** Queues within one process, with visibility as SQS has it, on whatever clock they are given. */
export interface MemoryQueues {
  readonly open: OpenQueue;
  create(name: string): void;
  remove(name: string): void;
}

/** Makes an empty set of queues on `clock`. */
export function memoryQueues(clock: Clock): MemoryQueues {
  const queues = new Map<string, MemoryQueue>();
  const find = (name: string) => {
    const queue = queues.get(name);
    if (!queue) throw new QueueGoneError(name);
    return queue;
  };
  return {
    open: async (name) => find(name),
    create: (name) => {
      if (!queues.has(name)) queues.set(name, new MemoryQueue(name, clock));
    },
    remove: (name) => {
      find(name).removed = true;
      queues.delete(name);
    },
  };
}

class MemoryQueue implements MessageQueue {
  readonly name: string;
  removed = false;
  readonly #clock: Clock;
  readonly #messages = new Set<Stored>();
  readonly #byReceipt = new Map<string, Stored>();
  readonly #waiting = new Set<() => void>();
  #receipts = 0;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  async send(bodies: readonly string[]): Promise<void> {
    this.#check();
    for (const body of batchesOf(bodies).flat()) {
      this.#messages.add({ body, receiveCount: 0, visibleAt: 0, receipt: undefined });
    }
    for (const wake of this.#waiting) wake();
  }

  async receive(options: Parameters<MessageQueue['receive']>[0]): Promise<ReceivedMessage[]> {
    const until = this.#clock.now() + options.waitSeconds * 1000;
    for (;;) {
      this.#check();
      options.signal?.throwIfAborted();
      const now = this.#clock.now();
      const ready = this.#ready(now, Math.min(options.max, 10));
      if (ready.length > 0) return ready.map((message) => this.#take(message, now + options.visibilitySeconds * 1000));
      if (now >= until) return [];
      let nextVisible = until;
      for (const { visibleAt } of this.#messages) nextVisible = Math.min(nextVisible, visibleAt);
      await this.#wait(nextVisible - now, options.signal);
    }
  }

  async delete(receipts: readonly string[]): Promise<void> {
    this.#check();
    for (const receipt of receipts) {
      const message = this.#byReceipt.get(receipt);
      if (!message) continue;
      this.#byReceipt.delete(receipt);
      this.#messages.delete(message);
    }
  }

  async extend(receipts: readonly string[], seconds: number): Promise<void> {
    this.#check();
    for (const receipt of receipts) {
      const message = this.#byReceipt.get(receipt);
      if (message) message.visibleAt = this.#clock.now() + seconds * 1000;
    }
    if (seconds === 0) for (const wake of this.#waiting) wake();
  }

  async counts(): Promise<QueueCounts> {
    this.#check();
    const waiting = this.#ready(this.#clock.now(), Infinity).length;
    return { waiting, inFlight: this.#messages.size - waiting };
  }

  #ready(now: number, most: number): Stored[] {
    const ready: Stored[] = [];
    for (const message of this.#messages) {
      if (ready.length >= most) break;
      if (message.visibleAt <= now) ready.push(message);
    }
    return ready;
  }

  #take(message: Stored, visibleAt: number): ReceivedMessage {
    message.receiveCount++;
    message.visibleAt = visibleAt;
    if (message.receipt !== undefined) this.#byReceipt.delete(message.receipt);
    message.receipt = `${this.name}#${++this.#receipts}`;
    this.#byReceipt.set(message.receipt, message);
    // Behind the others, so that what was received is not looked at again before them.
    this.#messages.delete(message);
    this.#messages.add(message);
    return { body: message.body, receipt: message.receipt, receiveCount: message.receiveCount };
  }

  /** Until a message is sent or released, the time is over, or the caller gives up. */
  async #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const ended = new AbortController();
    const wake = () => ended.abort(WOKEN);
    const giveUp = () => ended.abort(signal!.reason);
    this.#waiting.add(wake);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await this.#clock.sleep(ms, ended.signal);
    } catch (error) {
      if (error !== WOKEN) throw error;
    } finally {
      this.#waiting.delete(wake);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  #check(): void {
    if (this.removed) throw new QueueGoneError(this.name);
  }
}
