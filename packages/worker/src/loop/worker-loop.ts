import {
  BUNDLE_VERSION,
  MalformedMessageError,
  parseMessage,
  PROTOCOL_VERSION,
  resultQueueName,
  WorkPackage,
  type Clock,
  type DType,
  type KernelPreference,
  type MessageQueue,
  type OpenQueue,
  type Random,
  type ReceivedMessage,
  type Result,
} from '@tessera/protocol';
import { UnknownJobError } from '../errors.ts';
import { OpenJobs, type JobAccess } from '../jobs/open-jobs.ts';
import type { Kernel } from '../kernels/index.ts';
import { execute, PackageContext } from '../operations/index.ts';
import { withHeartbeat } from './heartbeat.ts';
import { Turn } from './turn.ts';

/** Packages under way at once: one computes while the other reads its operands or stores its result. */
const LANES = 2;
/** Longest silence between two tries to receive when the queue answers errors. */
const LONGEST_PAUSE_MS = 20_000;

/** What happens in a worker, for logs and tests. */
export interface WorkerLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** What the loop needs of the world. */
export interface WorkerWorld {
  /** Unique in the fleet; stands in every result. */
  readonly id: string;
  readonly jobs: MessageQueue;
  readonly openQueue: OpenQueue;
  readonly access: JobAccess;
  kernel(preference: KernelPreference, op: 'multiply' | 'add', dtype: DType): Promise<Kernel>;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the worker shall stop. */
  readonly stop: AbortSignal;
  readonly log: WorkerLog;
  /** How long packages under way may go on once it shall stop; then they are released to others. */
  readonly graceMs: number;
  readonly visibilitySeconds: number;
  /** Called whenever a package was done, for whoever watches that the fleet is used. */
  used?(): void;
}

/**
 * A worker's life. It is `polling` until a package comes, then `working` on it, in each of its lanes; told to stop it is
 * `stopping`: nothing more is received, packages under way end or, after the grace, go back to the queue unharmed.
 *
 * Resolves when it has stopped. Nothing that a message contains makes it reject: a package that fails is answered, one
 * that can't be understood is left to the dead-letter queue, one of a job that is over is dropped.
 */
export async function runWorker(world: WorkerWorld): Promise<void> {
  const worker = new WorkerLoop(world);
  await worker.run();
}

class WorkerLoop {
  readonly #world: WorkerWorld;
  readonly #jobs: OpenJobs;
  readonly #turn = new Turn();
  readonly #replies = new Map<string, Promise<MessageQueue>>();
  /** Aborted when the grace is over. */
  readonly #release = new AbortController();

  constructor(world: WorkerWorld) {
    this.#world = world;
    this.#jobs = new OpenJobs(world.access);
  }

  async run(): Promise<void> {
    const { clock, stop, graceMs } = this.#world;
    const ended = new AbortController();
    const grace = async () => {
      await new Promise<void>((resolve) => {
        if (stop.aborted) resolve();
        stop.addEventListener('abort', () => resolve(), { once: true });
      });
      await clock.sleep(graceMs, ended.signal).catch(() => undefined);
      this.#release.abort(new Error('the worker was told to stop'));
    };
    void grace();
    await Promise.all(Array.from({ length: LANES }, () => this.#lane()));
    ended.abort();
    await this.#jobs.close();
  }

  async #lane(): Promise<void> {
    const { jobs, stop, visibilitySeconds, clock, random, log } = this.#world;
    let failures = 0;
    while (!stop.aborted) {
      let messages: ReceivedMessage[];
      try {
        messages = await jobs.receive({ max: 1, waitSeconds: 20, visibilitySeconds, signal: stop });
        failures = 0;
      } catch (error) {
        if (stop.aborted) return;
        failures++;
        const pauseMs = Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures) * (0.5 + random() / 2);
        log.warn({ failures, error: describe(error) }, 'receiving failed, trying again');
        await clock.sleep(pauseMs, stop).catch(() => undefined);
        continue;
      }
      for (const message of messages) await this.#handle(message);
    }
  }

  /** Nothing may throw here: what goes wrong with one message must not end the lane. */
  async #handle(message: ReceivedMessage): Promise<void> {
    const { jobs, log, clock, visibilitySeconds } = this.#world;
    try {
      const work = this.#parse(message);
      if (!work || this.#isForOthers(work, message)) {
        await jobs.extend([message.receipt], 0);
        // Gives others the time to take it.
        await clock.sleep(5, this.#world.stop).catch(() => undefined);
        return;
      }
      await withHeartbeat({ queue: jobs, receipt: message.receipt, visibilitySeconds, clock }, () =>
        this.#work(work, message),
      );
    } catch (error) {
      log.warn({ error: describe(error) }, 'a package was left to be delivered again');
    }
  }

  /** An unknown version or a malformed body is reported and goes, after a few deliveries, to the dead-letter queue. */
  #parse(message: ReceivedMessage): WorkPackage | undefined {
    try {
      const work = parseMessage(WorkPackage, 'work package', message.body);
      if (work.replyTo === resultQueueName(work.jobId)) return work;
      throw new MalformedMessageError('work package', `replyTo is not the result queue of job ${work.jobId}`);
    } catch (error) {
      this.#world.log.warn({ error: describe(error), receiveCount: message.receiveCount }, 'refused a message');
      return undefined;
    }
  }

  /** A check belongs to a worker that did not compute what is checked, unless nobody else takes it. */
  #isForOthers(work: WorkPackage, message: ReceivedMessage): boolean {
    return work.kind === 'verify' && message.receiveCount <= 2 && (work.notBy?.includes(this.#world.id) ?? false);
  }

  async #work(work: WorkPackage, message: ReceivedMessage): Promise<void> {
    const { jobs, log } = this.#world;
    let result: Result;
    try {
      result = await this.#execute(work);
    } catch (error) {
      if (this.#release.signal.aborted) {
        await jobs.extend([message.receipt], 0);
        log.info({ jobId: work.jobId, packageId: work.packageId }, 'package released');
        return;
      }
      if (error instanceof UnknownJobError) {
        log.warn({ error: describe(error) }, 'package dropped');
        await jobs.delete([message.receipt]);
        return;
      }
      log.warn({ jobId: work.jobId, packageId: work.packageId, error: describe(error) }, 'package failed');
      result = { ...this.#facts(work), status: 'failed', error: describe(error) };
    }
    await this.#reply(work, result);
    await jobs.delete([message.receipt]);
    this.#world.used?.();
  }

  async #execute(work: WorkPackage): Promise<Result> {
    const job = await this.#jobs.get(work.jobId);
    const context = new PackageContext({
      job,
      signal: this.#release.signal,
      clock: this.#world.clock,
      turn: this.#turn,
      kernel: (op, dtype) => this.#world.kernel(job.manifest.kernel, op, dtype),
    });
    const outcome = await execute(work, context);
    const { bytesRead: read, bytesWritten: written } = context.traffic;
    return { ...this.#facts(work), status: 'done', seconds: context.seconds, bytes: { read, written }, ...outcome };
  }

  /** A job whose queue is gone is over: its answer is of no use to anyone. */
  async #reply(work: WorkPackage, result: Result): Promise<void> {
    let queue = this.#replies.get(work.replyTo);
    if (!queue) {
      queue = this.#world.openQueue(work.replyTo);
      this.#replies.set(work.replyTo, queue);
      if (this.#replies.size > 16) this.#replies.delete(this.#replies.keys().next().value!);
    }
    try {
      await (await queue).send([JSON.stringify(result)]);
    } catch (error) {
      this.#replies.delete(work.replyTo);
      if (!(error instanceof Error && error.name === 'QueueGoneError')) throw error;
      this.#world.log.info({ jobId: work.jobId }, 'the job is over, its package is dropped');
      await this.#jobs.forget(work.jobId);
    }
  }

  #facts(work: WorkPackage) {
    return {
      v: PROTOCOL_VERSION,
      bundle: BUNDLE_VERSION,
      jobId: work.jobId,
      packageId: work.packageId,
      attempt: work.attempt,
      worker: this.#world.id,
    } as const;
  }
}

function describe(error: unknown): { tag: string; message: string } {
  if (!(error instanceof Error)) return { tag: 'Error', message: String(error).slice(0, 2000) };
  return { tag: error.name.slice(0, 80), message: error.message.slice(0, 2000) };
}
