import type { Clock, MessageQueue, ReceivedMessage } from '@tessera/protocol';
import { errorTag, isPassingError, pauseMs } from '@tessera/queue';

/** Seconds that a receive waits; shorter than the queue allows, so that stragglers are looked for in between. */
const POLL_SECONDS = 5;
/** How long an answer that was received stays hidden from a master started after this one. It is dealt with at once. */
const HIDDEN_SECONDS = 10;

/** Who reads the inbox at the moment. */
export interface Reader {
  /** Takes what a receive brought, which may be nothing. What it throws is handed to `failed`. */
  received(messages: readonly ReceivedMessage[]): Promise<void>;
  /** Nothing more will come: the queue is gone, say, or `received` threw. */
  failed(error: unknown): void;
}

/**
 * The answers to a job, received by several lanes at once. The lanes outlive the phases that read: a receive that were
 * given up at the end of a phase could take answers of the next one along, for the queue can't know that nobody
 * listens. What comes while nobody reads is kept for the next reader.
 */
export class Inbox {
  readonly queue: MessageQueue;
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  readonly #closed = new AbortController();
  #reader: Reader | undefined;
  #kept: ReceivedMessage[] = [];
  #lanes = 0;
  #wanted = 0;

  constructor(queue: MessageQueue, world: { clock: Clock; warn(message: string): void }) {
    this.queue = queue;
    this.#clock = world.clock;
    this.#warn = (message) => world.warn(message);
  }

  /** Reads with so many lanes until the function that is returned is called. */
  read(lanes: number, reader: Reader): () => void {
    this.#reader = reader;
    this.#wanted = lanes;
    if (this.#kept.length > 0) void this.#deliver(this.#kept.splice(0));
    while (this.#lanes < lanes) {
      this.#lanes++;
      void this.#lane();
    }
    return () => {
      if (this.#reader === reader) this.#reader = undefined;
    };
  }

  /** Ends the receives that are under way; what they bring is somebody else's. */
  close(): void {
    this.#reader = undefined;
    this.#closed.abort(new Error('the inbox is closed'));
  }

  /** Nothing may throw here. */
  async #lane(): Promise<void> {
    const { signal } = this.#closed;
    for (let failures = 0; this.#reader && this.#lanes <= this.#wanted && !signal.aborted;) {
      try {
        const options = { max: 10, waitSeconds: POLL_SECONDS, visibilitySeconds: HIDDEN_SECONDS, signal };
        const messages = await this.queue.receive(options);
        failures = 0;
        await this.#deliver(messages);
      } catch (error) {
        if (signal.aborted) break;
        if (!isPassingError(error)) {
          this.#reader?.failed(error);
          break;
        }
        failures++;
        this.#warn(`receiving results failed, trying again: ${errorTag(error)}`);
        await this.#deliver([]);
        await this.#clock.sleep(pauseMs(failures), signal).catch(() => undefined);
      }
    }
    this.#lanes--;
  }

  async #deliver(messages: readonly ReceivedMessage[]): Promise<void> {
    const reader = this.#reader;
    if (!reader) {
      this.#kept.push(...messages);
      return;
    }
    try {
      await reader.received(messages);
    } catch (error) {
      reader.failed(error);
    }
  }
}
