import type { Clock, MessageQueue, QueueCounts } from '@tessera/protocol';
import { NoWorkerError } from './errors.ts';
import type { StragglerPolicy } from './stragglers.ts';

/** Between two looks at the queue while nobody answers. */
const LOOK_MS = 10_000;
/** When it is worth telling that nobody takes packages, though it may pass. */
const TELL_MS = 60_000;

/** What the watch needs of its stage. */
export interface AbandonedContext {
  readonly jobs: MessageQueue;
  readonly clock: Clock;
  readonly stragglers: StragglerPolicy;
  /** Told once when nobody has taken packages for a while. */
  stalled(waiting: number, seconds: number): void;
}

/**
 * Notices that no worker is there: packages wait in the queue, nobody has received one, and nobody answers. A worker that
 * lives takes what waits at once, and what it took is in flight for as long as its heart beats; so do workers of other
 * jobs' packages, for the queue is the fleet's. As long as answers come the queue is never asked.
 */
export class AbandonedWatch {
  readonly #context: AbandonedContext;
  #idleMs = 0;
  #lookedAt: number;
  #looking = false;
  #told = false;

  constructor(context: AbandonedContext) {
    this.#context = context;
    this.#lookedAt = context.clock.now();
  }

  /** Somebody answered, so somebody is there. */
  answered(): void {
    this.#idleMs = 0;
    this.#told = false;
    this.#lookedAt = this.#context.clock.now();
  }

  /**
   * Looks at the queue if it is time.
   * @param underWay packages that were sent and not answered
   * @param plannedMs what one of them should take: a kernel that holds up its worker's heartbeats does so no longer
   * @throws NoWorkerError
   */
  async look(underWay: number, plannedMs = 0): Promise<void> {
    const { clock, jobs, stragglers, stalled } = this.#context;
    const sinceMs = clock.now() - this.#lookedAt;
    if (this.#looking || sinceMs < LOOK_MS) return;
    this.#looking = true;
    const counts = await jobs.counts().catch(() => undefined);
    this.#looking = false;
    // Somebody answered meanwhile.
    if (clock.now() - this.#lookedAt < sinceMs) return;
    this.#lookedAt = clock.now();
    // Who can't look, or may not, learns nothing.
    if (!counts) return;
    // A master that slept along with its machine has not waited.
    this.#idleMs = isAbandoned(counts) ? this.#idleMs + Math.min(sinceMs, 2 * LOOK_MS) : 0;
    if (this.#idleMs >= stragglers.abandonedMs + plannedMs) throw new NoWorkerError(underWay, this.#idleMs / 1000);
    if (this.#idleMs < TELL_MS || this.#told) return;
    this.#told = true;
    stalled(counts.waiting, this.#idleMs / 1000);
  }
}

function isAbandoned({ waiting, inFlight }: QueueCounts): boolean {
  return waiting > 0 && inFlight === 0;
}
