import {
  BUNDLE_VERSION,
  MalformedMessageError,
  parseMessage,
  PROTOCOL_VERSION,
  Result,
  type CheckOutcome,
  type Clock,
  type JobId,
  type MessageQueue,
  type PackageBody,
  type ProgressEvent,
  type WorkPackage,
} from '@tessera/protocol';
import type { PhasePlan } from '../plan/plan.ts';
import { NoAnswerError, PackageFailedError } from './errors.ts';
import { shouldSendAgain, type StragglerPolicy } from './stragglers.ts';
import type { Tally } from './tally.ts';

/** Packages sent and not answered at once: keeps the queue short of its limit on messages in flight, and the master small. */
const WINDOW = 4096;
/** Packages handed to the queue in one call. */
const SEND_RUN = 40;
/** Durations kept for the median. */
const RECENT = 64;
/** Seconds that a receive waits; shorter than the queue allows, so that stragglers are looked for in between. */
const POLL_SECONDS = 5;

/** An event without what is the same in all events of a job. */
export type EventBody = ProgressEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'v' | 'jobId' | 'at'>
    : never
  : never;

/** What a phase needs of its job and of the world. */
export interface PhaseContext {
  readonly jobId: JobId;
  readonly jobs: MessageQueue;
  readonly results: MessageQueue;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stragglers: StragglerPolicy;
  readonly tally: Tally;
  emit(event: EventBody): void;
  /** Prepares a package for sending: puts small tiles into it, and says who should not check his own work. */
  pack(body: PackageBody, index: number): Promise<PackageBody>;
  /** Takes what a result brought along: stores an inline tile. Runs once per package. */
  settle(body: PackageBody, result: Extract<Result, { status: 'done' }>): Promise<void>;
  /** Tells whoever reads the log of something that does not stop the job. */
  warn(message: string): void;
  /** Whether the store holds a package's output already, from a run of this master that was cut off. */
  isDone(body: PackageBody): Promise<boolean>;
}

/** What one phase left behind. */
export interface PhaseOutcome {
  readonly seconds: number;
  /** Until the last package was sent for the first time. */
  readonly sendSeconds: number;
  readonly checks: readonly CheckOutcome[];
  /** Which worker answered a package, for checks by others. */
  workerOf(index: number): string | undefined;
}

/**
 * Runs one phase to its end: every package answered once, whatever is lost, late or repeated in between.
 * @throws PackageFailedError, NoAnswerError; the signal's reason when aborted
 */
export async function runPhase(plan: PhasePlan, context: PhaseContext): Promise<PhaseOutcome> {
  return new PhaseRun(plan, context).run();
}

/**
 * A package is `waiting` until it is sent, then `sent`, then `done`; a failed one is `sent` again. `sentAt` holds the
 * packages in state sent; `#done` those that are done. A package leaves `sent` only on its first good answer.
 */
class PhaseRun {
  readonly #plan: PhasePlan;
  readonly #context: PhaseContext;
  readonly #attempts: Uint8Array;
  readonly #done: Uint8Array;
  readonly #sentAt = new Map<number, number>();
  readonly #recent: number[] = [];
  readonly #checks: CheckOutcome[] = [];
  readonly #workers: string[] = [];
  /** For each package 1 + the place of its worker in `#workers`, 0 where nobody answered yet. */
  readonly #workerOf: Uint16Array;
  readonly #startedAt: number;
  #next = 0;
  #doneCount = 0;
  #firstSendEndedAt: number;
  #lastAnswerAt: number;
  #announcedAt = 0;
  /** Aborted when either side of the phase fails, so that the other ends too. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #roomForMore: (() => void) | undefined;

  constructor(plan: PhasePlan, context: PhaseContext) {
    this.#plan = plan;
    this.#context = context;
    this.#attempts = new Uint8Array(plan.packages);
    this.#done = new Uint8Array(plan.packages);
    this.#workerOf = new Uint16Array(plan.packages);
    this.#startedAt = context.clock.now();
    this.#firstSendEndedAt = this.#startedAt;
    this.#lastAnswerAt = this.#startedAt;
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
  }

  async run(): Promise<PhaseOutcome> {
    const { phase, packages } = this.#plan;
    this.#context.emit({ event: 'phase:started', phase, packages });
    const both = [this.#sendAll(), this.#collectAll()].map((side) =>
      side.catch((error: unknown) => {
        this.#stop.abort(error);
        throw error;
      }),
    );
    const ended = await Promise.allSettled(both);
    if (this.#context.signal.aborted) throw this.#context.signal.reason;
    if (this.#stop.signal.aborted && this.#doneCount < packages) throw this.#stop.signal.reason;
    const failed = ended.find((side) => side.status === 'rejected');
    if (failed && this.#doneCount < packages) throw failed.reason;
    const seconds = (this.#context.clock.now() - this.#startedAt) / 1000;
    this.#context.emit({ event: 'phase:ended', phase, seconds });
    return {
      seconds,
      sendSeconds: (this.#firstSendEndedAt - this.#startedAt) / 1000,
      checks: this.#checks,
      workerOf: (index) => this.#workers[this.#workerOf[index]! - 1],
    };
  }

  async #sendAll(): Promise<void> {
    const { packages, phase } = this.#plan;
    while (this.#next < packages) {
      await this.#room();
      const run: number[] = [];
      while (this.#next < packages && run.length < SEND_RUN) {
        const index = this.#next++;
        if (await this.#context.isDone(this.#plan.at(index))) this.#finish(index);
        else run.push(index);
      }
      await this.#send(run);
      this.#context.emit({ event: 'packages:sent', phase, sent: this.#next, packages });
    }
    this.#firstSendEndedAt = this.#context.clock.now();
    if (this.#doneCount === packages) this.#stop.abort();
  }

  async #send(indices: readonly number[]): Promise<void> {
    if (indices.length === 0) return;
    const bodies = await Promise.all(indices.map((index) => this.#message(index)));
    const now = this.#context.clock.now();
    for (const index of indices) this.#sentAt.set(index, now);
    await this.#context.jobs.send(bodies, this.#signal);
  }

  async #message(index: number): Promise<string> {
    const body = await this.#context.pack(this.#plan.at(index), index);
    const message: WorkPackage = {
      v: PROTOCOL_VERSION,
      bundle: BUNDLE_VERSION,
      jobId: this.#context.jobId,
      packageId: this.#id(index),
      replyTo: this.#context.results.name,
      attempt: ++this.#attempts[index]!,
      ...body,
    };
    return JSON.stringify(message);
  }

  async #room(): Promise<void> {
    while (this.#sentAt.size >= WINDOW && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#roomForMore = resolve;
        this.#signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    this.#signal.throwIfAborted();
  }

  /** Several receives at once for a large phase: one brings at most ten answers a round trip. */
  async #collectAll(): Promise<void> {
    const lanes = Math.min(4, Math.max(1, Math.ceil(this.#plan.packages / 50)));
    await Promise.all(Array.from({ length: lanes }, () => this.#collect()));
  }

  async #collect(): Promise<void> {
    while (this.#doneCount < this.#plan.packages) {
      let messages;
      try {
        messages = await this.#context.results.receive({
          max: 10,
          waitSeconds: POLL_SECONDS,
          visibilitySeconds: 60,
          signal: this.#signal,
        });
      } catch (error) {
        if (this.#doneCount === this.#plan.packages) return;
        throw error;
      }
      for (const message of messages) await this.#answer(message.body);
      // Deleting is only tidiness: an answer that comes again is a duplicate. The last ones go with the queue.
      if (messages.length > 0 && this.#doneCount < this.#plan.packages) {
        void this.#context.results.delete(messages.map((message) => message.receipt)).catch(() => undefined);
      }
      this.#announce();
      if (this.#doneCount < this.#plan.packages) await this.#sendStragglers();
    }
    this.#stop.abort();
  }

  async #answer(text: string): Promise<void> {
    const result = this.#parse(text);
    const index = result && this.#indexOf(result);
    if (!result || index === undefined || this.#done[index]) {
      this.#context.tally.duplicates++;
      return;
    }
    if (result.status === 'failed') {
      await this.#failed(index, result);
      return;
    }
    this.#lastAnswerAt = this.#context.clock.now();
    this.#recent[this.#doneCount % RECENT] = this.#lastAnswerAt - (this.#sentAt.get(index) ?? this.#lastAnswerAt);
    this.#workerOf[index] = this.#placeOf(result.worker);
    if (result.check) this.#checks.push(result.check);
    this.#context.tally.count(result, this.#plan.phase);
    // Marked before the wait below: a duplicate that arrives meanwhile must not be settled again.
    this.#done[index] = 1;
    await this.#context.settle(this.#plan.at(index), result);
    this.#finish(index);
  }

  /** A result of another protocol version ends the job, for no other will come; a malformed one is left to be sent again. */
  #parse(text: string): Result | undefined {
    try {
      return parseMessage(Result, 'result', text);
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error;
      this.#context.warn(`${error.message}: ${text.slice(0, 200)}`);
      return undefined;
    }
  }

  async #failed(index: number, result: Extract<Result, { status: 'failed' }>): Promise<void> {
    const { attempts } = this.#context.stragglers;
    // An answer to an earlier sending than the last: that one is still on its way.
    if (result.attempt < this.#attempts[index]!) return;
    const retried = this.#attempts[index]! < attempts;
    this.#context.emit({
      event: 'package:failed',
      packageId: this.#id(index),
      attempt: result.attempt,
      worker: result.worker,
      ...result.error,
      retried,
    });
    if (!retried) {
      throw new PackageFailedError(
        this.#id(index),
        attempts,
        result.worker,
        `${result.error.message} (${result.error.tag})`,
      );
    }
    this.#context.tally.retries++;
    await this.#send([index]);
  }

  #placeOf(worker: string): number {
    const at = this.#workers.indexOf(worker);
    return at >= 0 ? at + 1 : this.#workers.push(worker);
  }

  #finish(index: number): void {
    this.#done[index] = 1;
    this.#doneCount++;
    this.#sentAt.delete(index);
    this.#roomForMore?.();
  }

  /** Sends again what seems lost or slow; fails the job when a package was sent too often for nothing. */
  async #sendStragglers(): Promise<void> {
    if (this.#next < this.#plan.packages) return;
    const { clock, stragglers, tally } = this.#context;
    const now = clock.now();
    const medianMs = this.#median();
    const late: number[] = [];
    for (const [index, sentAt] of this.#sentAt) {
      const waitedMs = now - Math.max(sentAt, this.#lastAnswerAt);
      const state = { waitedMs, done: this.#doneCount, packages: this.#plan.packages, medianMs };
      if (!shouldSendAgain(state, stragglers)) continue;
      if (this.#attempts[index]! >= stragglers.attempts) {
        throw new NoAnswerError(this.#id(index), stragglers.attempts, (now - this.#startedAt) / 1000);
      }
      late.push(index);
    }
    tally.retries += late.length;
    await this.#send(late);
  }

  #median(): number | undefined {
    if (this.#recent.length < this.#context.stragglers.enough) return undefined;
    return this.#recent.toSorted((a, b) => a - b)[this.#recent.length >> 1];
  }

  /** At most ten times a second, and at the end: people read these. */
  #announce(): void {
    const now = this.#context.clock.now();
    const ended = this.#doneCount === this.#plan.packages;
    if (!ended && now - this.#announcedAt < 100) return;
    this.#announcedAt = now;
    const { phase, packages } = this.#plan;
    this.#context.emit({ event: 'packages:received', phase, received: this.#doneCount, packages });
  }

  #id(index: number): string {
    return `${this.#plan.phase}-${index}`;
  }

  #indexOf(result: Result): number | undefined {
    if (result.jobId !== this.#context.jobId) return undefined;
    const [phase, number] = result.packageId.split('-');
    const index = Number(number);
    return phase === this.#plan.phase && index < this.#plan.packages ? index : undefined;
  }
}
