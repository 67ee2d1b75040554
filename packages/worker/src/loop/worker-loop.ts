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
import { errorTag, patiently, pauseMs, QueueGoneError } from '@tessera/queue';
import { PoisonPackageError, UnknownJobError } from '../errors.ts';
import { OpenJobs, type JobAccess, type JobLease, type OpenJob } from '../jobs/open-jobs.ts';
import type { Kernel } from '../kernels/index.ts';
import { execute, PackageContext } from '../operations/index.ts';
import { withHeartbeat } from './heartbeat.ts';
import { isForOthers, isPoison } from './refusals.ts';
import { ReplyQueues } from './reply-queues.ts';
import { Turn } from './turn.ts';

/** Packages under way at once: one computes while the other reads its operands or stores its result. */
const LANES = 2;
/** How long a call that fails of what passes by itself is tried again, before its package is left to others. */
const PATIENCE_MS = 60_000;

/** What happens in a worker, for logs and tests. */
export interface WorkerLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** What the loop needs of the world. */
export interface WorkerWorld {
  /** Unique in the fleet; stands in every result. */
  readonly id: string;
  /** Version of Node, for results. */
  readonly node?: string;
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
  /** The largest resident size of this process so far. */
  peakBytes?(): number;
}

/**
 * A worker's life. It is `polling` until a package comes, then `working` on it, in each of its lanes; told to stop it is
 * `stopping`: nothing more is received, packages under way end or, after the grace, go back to the queue unharmed.
 *
 * A package is forgotten (deleted) only after its answer was sent, or when its job is over: whatever breaks in between,
 * the queue delivers it again. Resolves when the worker has stopped. Nothing that a message contains makes it reject: a
 * package that fails is answered, one that can't be understood is left to the dead-letter queue, one of a job that is
 * over is dropped.
 */
export async function runWorker(world: WorkerWorld): Promise<void> {
  const worker = new WorkerLoop(world);
  await worker.run();
}

class WorkerLoop {
  readonly #world: WorkerWorld;
  readonly #jobs: OpenJobs;
  readonly #turn = new Turn();
  readonly #replies: ReplyQueues;
  /** Aborted when the grace is over. */
  readonly #release = new AbortController();

  constructor(world: WorkerWorld) {
    this.#world = world;
    this.#jobs = new OpenJobs(world.access);
    this.#replies = new ReplyQueues(world.openQueue, world.clock);
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
    for (let failures = 0; !stop.aborted;) {
      let messages: ReceivedMessage[];
      try {
        messages = await jobs.receive({ max: 1, waitSeconds: 20, visibilitySeconds, signal: stop });
        failures = 0;
      } catch (error) {
        if (stop.aborted) return;
        failures++;
        log.warn({ failures, error: describe(error) }, 'receiving failed, trying again');
        await clock.sleep(pauseMs(failures, random), stop).catch(() => undefined);
        continue;
      }
      for (const message of messages) await this.#handle(message);
    }
  }

  /** Nothing may throw here: what goes wrong with one message must not end the lane. */
  async #handle(message: ReceivedMessage): Promise<void> {
    const { jobs, log, clock, visibilitySeconds, stop, id } = this.#world;
    try {
      const work = this.#parse(message);
      if (!work || stop.aborted || isForOthers(work, id, message.receiveCount)) {
        await this.#leave(message);
        // Gives others the time to take it.
        await clock.sleep(5, stop).catch(() => undefined);
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

  async #work(work: WorkPackage, message: ReceivedMessage): Promise<void> {
    const { log } = this.#world;
    const facts = { jobId: work.jobId, packageId: work.packageId };
    let result: Result;
    try {
      using lease = await this.#job(work);
      result = isPoison(message.receiveCount)
        ? this.#failure(work, new PoisonPackageError(message.receiveCount))
        : await this.#execute(work, lease.job);
      await this.#reply(work, result);
    } catch (error) {
      if (isJobOver(error)) {
        log.info({ ...facts, error: describe(error) }, 'the job is over, its package is dropped');
        await this.#forget(message);
        await this.#jobs.forget(work.jobId);
        return;
      }
      log.info({ ...facts, error: describe(error) }, 'package released');
      await this.#leave(message);
      return;
    }
    await this.#forget(message);
    this.#world.used?.();
  }

  /**
   * The job, if it isn't over: who answers it would find nobody, and what is computed for it could end up in files that
   * belong to another job by now.
   * @throws QueueGoneError, UnknownJobError; other errors say nothing about the package
   */
  async #job(work: WorkPackage): Promise<JobLease> {
    await this.#patiently(() => this.#replies.get(work.replyTo));
    return this.#patiently(() => this.#jobs.take(work.jobId));
  }

  /** Does the package; what goes wrong with it is its answer. @throws when it must be released, for the worker stops */
  async #execute(work: WorkPackage, job: OpenJob): Promise<Result> {
    const context = new PackageContext({
      job,
      signal: this.#release.signal,
      clock: this.#world.clock,
      turn: this.#turn,
      kernel: (op, dtype) => this.#world.kernel(job.manifest.kernel, op, dtype),
    });
    try {
      const outcome = await execute(work, context);
      const { bytesRead: read, bytesWritten: written } = context.traffic;
      const peakBytes = this.#world.peakBytes?.();
      return {
        ...this.#facts(work),
        status: 'done',
        seconds: context.seconds,
        bytes: { read, written },
        ...(peakBytes === undefined ? {} : { peakBytes }),
        ...outcome,
      };
    } catch (error) {
      this.#release.signal.throwIfAborted();
      this.#world.log.warn({ jobId: work.jobId, packageId: work.packageId, error: describe(error) }, 'package failed');
      return this.#failure(work, error);
    }
  }

  async #reply(work: WorkPackage, result: Result): Promise<void> {
    const body = JSON.stringify(result);
    await this.#patiently(async () => {
      try {
        await (await this.#replies.get(work.replyTo)).send([body]);
      } catch (error) {
        this.#replies.forget(work.replyTo);
        throw error;
      }
    });
  }

  /** Deletes a message that was dealt with. Where that fails it is delivered again, and dealt with again. */
  async #forget(message: ReceivedMessage): Promise<void> {
    await this.#patiently(() => this.#world.jobs.delete([message.receipt]));
  }

  /** Gives a message to others at once; where that fails they get it when its visibility ends. */
  async #leave(message: ReceivedMessage): Promise<void> {
    await this.#world.jobs.extend([message.receipt], 0);
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    const { clock, random } = this.#world;
    return patiently(work, { clock, random, signal: this.#release.signal, forMs: PATIENCE_MS });
  }

  #failure(work: WorkPackage, error: unknown): Result {
    return { ...this.#facts(work), status: 'failed', error: describe(error) };
  }

  #facts(work: WorkPackage) {
    const { id, node } = this.#world;
    return {
      v: PROTOCOL_VERSION,
      bundle: BUNDLE_VERSION,
      jobId: work.jobId,
      packageId: work.packageId,
      attempt: work.attempt,
      worker: id,
      ...(node === undefined ? {} : { node }),
    } as const;
  }
}

/** The job's queue or manifest is gone. */
function isJobOver(error: unknown): boolean {
  return error instanceof QueueGoneError || error instanceof UnknownJobError;
}

function describe(error: unknown): { tag: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { tag: errorTag(error).slice(0, 80), message: message.slice(0, 2000) };
}
