import type { Clock, MessageQueue, OpenQueue, ReceivedMessage } from '@tessera/protocol';
import { batchesOf } from './batches.ts';
import { QueueGoneError } from './errors.ts';

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
  /** Messages that are neither deleted nor received, and those received and not deleted. */
  depth(name: string): { visible: number; inFlight: number };
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
    depth: (name) => find(name).depth(),
  };
}

class MemoryQueue implements MessageQueue {
  readonly name: string;
  removed = false;
  readonly #clock: Clock;
  readonly #messages: Stored[] = [];
  readonly #waiting = new Set<() => void>();
  #receipts = 0;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  async send(bodies: readonly string[]): Promise<void> {
    this.#check();
    for (const body of batchesOf(bodies).flat()) {
      this.#messages.push({ body, receiveCount: 0, visibleAt: 0, receipt: undefined });
    }
    for (const wake of this.#waiting) wake();
  }

  async receive(options: Parameters<MessageQueue['receive']>[0]): Promise<ReceivedMessage[]> {
    const until = this.#clock.now() + options.waitSeconds * 1000;
    for (;;) {
      this.#check();
      options.signal?.throwIfAborted();
      const now = this.#clock.now();
      const ready = this.#messages.filter((message) => message.visibleAt <= now).slice(0, Math.min(options.max, 10));
      if (ready.length > 0) return ready.map((message) => this.#take(message, now + options.visibilitySeconds * 1000));
      if (now >= until) return [];
      const nextVisible = Math.min(until, ...this.#messages.map((message) => message.visibleAt));
      await this.#wait(nextVisible - now, options.signal);
    }
  }

  async delete(receipts: readonly string[]): Promise<void> {
    this.#check();
    for (const receipt of receipts) {
      const at = this.#messages.findIndex((message) => message.receipt === receipt);
      if (at >= 0) this.#messages.splice(at, 1);
    }
  }

  async extend(receipts: readonly string[], seconds: number): Promise<void> {
    this.#check();
    for (const message of this.#messages) {
      if (message.receipt !== undefined && receipts.includes(message.receipt)) {
        message.visibleAt = this.#clock.now() + seconds * 1000;
      }
    }
    if (seconds === 0) for (const wake of this.#waiting) wake();
  }

  depth(): { visible: number; inFlight: number } {
    const visible = this.#messages.filter((message) => message.visibleAt <= this.#clock.now()).length;
    return { visible, inFlight: this.#messages.length - visible };
  }

  #take(message: Stored, visibleAt: number): ReceivedMessage {
    message.receiveCount++;
    message.visibleAt = visibleAt;
    message.receipt = `${this.name}#${++this.#receipts}`;
    return { body: message.body, receipt: message.receipt, receiveCount: message.receiveCount };
  }

  /** Until a message is sent or released, the time is over, or the caller gives up. */
  async #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    this.#waiting.add(wake);
    try {
      await this.#clock.sleep(ms, signal ? AbortSignal.any([signal, woken.signal]) : woken.signal);
    } catch (error) {
      if (!woken.signal.aborted || signal?.aborted) throw error;
    } finally {
      this.#waiting.delete(wake);
    }
  }

  #check(): void {
    if (this.removed) throw new QueueGoneError(this.name);
  }
}
