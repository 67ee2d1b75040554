import type { MatrixArray, Store } from '@tessera/matrix';
import {
  jobKey,
  jobQueueName,
  Manifest,
  operations,
  PROTOCOL_VERSION,
  resultQueueName,
  type ArrayDeclaration,
  type Clock,
  type JobSpec,
  type OpenQueue,
  type PackageBody,
  type Phase,
  type ProgressEvent,
  type Report,
} from '@tessera/protocol';
import { masterOperations } from '../operations/index.ts';
import { operationInput, planJob } from '../plan/plan-job.ts';
import type { PhasePlan, Plan } from '../plan/plan.ts';
import { JobCancelledError, JobError, WrongResultError } from './errors.ts';
import { inlined, storeReply, type OpenByName } from './inline-tiles.ts';
import { runPhase, type EventBody, type PhaseContext, type PhaseOutcome } from './phase-run.ts';
import { outputExists } from './resume.ts';
import { STRAGGLERS, type StragglerPolicy } from './stragglers.ts';
import { Tally } from './tally.ts';

/** What a job needs of the world. */
export interface JobWorld {
  readonly openQueue: OpenQueue;
  /** The fleet's bucket: job, manifest and report. */
  readonly objects: Store;
  createArray(array: ArrayDeclaration): Promise<MatrixArray>;
  openArray(array: ArrayDeclaration): Promise<MatrixArray>;
  readonly clock: Clock;
  /** Aborted when the job shall stop; it then ends as cancelled. */
  readonly signal: AbortSignal;
  emit(event: ProgressEvent): void;
  warn(message: string): void;
  readonly stragglers?: StragglerPolicy;
}

/**
 * One job from plan to report. It ends in one of three ways, each with a report in the bucket: done and verified, failed
 * with the reason, or cancelled. Only what keeps the report itself from being written is thrown.
 */
export async function runJob(job: JobSpec, world: JobWorld): Promise<Report> {
  const run = new JobRun(job, world);
  const report = await run.execute();
  await world.objects.set(jobKey(job.jobId, 'report'), new TextEncoder().encode(JSON.stringify(report)));
  run.emit({ event: 'job:ended', status: report.status });
  return report;
}

class JobRun {
  readonly #job: JobSpec;
  readonly #world: JobWorld;
  readonly #tally = new Tally();
  readonly #seconds = { plan: 0, send: 0, compute: 0, collect: 0, verify: 0, finish: 0 };
  readonly #open = new Map<string, Promise<MatrixArray>>();
  readonly #outcomes = new Map<Phase, PhaseOutcome>();
  #verified: Report['verified'];

  constructor(job: JobSpec, world: JobWorld) {
    this.#job = job;
    this.#world = world;
    this.#verified = { method: 'off', ok: false, rounds: 0 };
  }

  emit(event: EventBody): void {
    this.#world.emit({ v: PROTOCOL_VERSION, jobId: this.#job.jobId, at: this.#world.clock.now(), ...event });
  }

  async execute(): Promise<Report> {
    try {
      await this.#run();
      return this.#report('done');
    } catch (error) {
      if (this.#world.signal.aborted) return this.#report('cancelled', new JobCancelledError());
      return this.#report('failed', error);
    } finally {
      await Promise.allSettled([...this.#open.values()].map(async (array) => (await array).close()));
    }
  }

  async #run(): Promise<void> {
    const { clock, signal, openQueue } = this.#world;
    const startedAt = clock.now();
    const plan = planJob(this.#job);
    const resumed = await this.#publish(plan);
    const [jobs, results] = await Promise.all([
      openQueue(jobQueueName(this.#job.cluster)),
      openQueue(resultQueueName(this.#job.jobId)),
    ]);
    this.#seconds.plan = (clock.now() - startedAt) / 1000;
    this.emit({
      event: 'job:planned',
      phases: plan.phases.map(({ phase, packages }) => ({ phase, packages })),
      summary: plan.summary,
    });
    const open: OpenByName = (name) => this.#array(plan.arrays, name);
    const contextFor = (phase: PhasePlan): PhaseContext => ({
      jobId: this.#job.jobId,
      jobs,
      results,
      clock,
      signal,
      tally: this.#tally,
      stragglers: this.#world.stragglers ?? STRAGGLERS,
      emit: (event) => this.emit(event),
      warn: (message) => this.#world.warn(message),
      pack: async (body, index) => this.#checkedByOthers(phase, index, plan.inline ? await inlined(body, open) : body),
      settle: (body, result) => storeReply(body, result, open),
      isDone: async (body) => resumed && outputExists(body, open),
    });
    for (const phase of plan.phases) {
      await this.#phase(phase, contextFor(phase));
      if (phase.phase === 'verify') await this.#judge(plan, contextFor);
    }
  }

  /** Makes the arrays and the manifest. @returns whether an earlier run of this job had done so. */
  async #publish(plan: Plan): Promise<boolean> {
    const { objects } = this.#world;
    const key = jobKey(this.#job.jobId, 'manifest');
    const { jobId, op, dtype, kernel, workspace } = this.#job;
    const manifest: Manifest = {
      v: PROTOCOL_VERSION,
      jobId,
      op,
      dtype,
      kernel,
      workspace,
      arrays: { ...plan.arrays },
      texts: { ...plan.texts },
    };
    const resumed = await objects.has(key);
    await Promise.all(
      plan.created.map(async (name) => {
        const array = this.#world.createArray(plan.arrays[name]!);
        this.#open.set(name, array);
        await array;
      }),
    );
    await objects.set(key, new TextEncoder().encode(JSON.stringify(manifest)));
    return resumed;
  }

  async #phase(plan: PhasePlan, context: PhaseContext): Promise<PhaseOutcome> {
    const outcome = await runPhase(plan, context);
    this.#outcomes.set(plan.phase, outcome);
    const { seconds, sendSeconds } = outcome;
    if (plan.phase === 'project' || plan.phase === 'verify') this.#seconds.verify += seconds;
    else if (plan.phase === 'export') this.#seconds.finish += seconds;
    else {
      this.#seconds.send += sendSeconds;
      this.#seconds.collect += seconds - sendSeconds;
      this.#seconds.compute += seconds;
    }
    return outcome;
  }

  /** Reads the checks' outcomes; where they could say nothing, has the operation check in another way. */
  async #judge(plan: Plan, contextFor: (phase: PhasePlan) => PhaseContext): Promise<void> {
    const operation = masterOperations[this.#job.op];
    const rounds = this.#job.verify.rounds;
    this.#verified = { method: operation.verification, ok: false, rounds };
    const checks = [...this.#outcomes.values()].flatMap((outcome) => outcome.checks);
    if (checks.some((check) => check.nonFinite) && operation.recheck) {
      this.#verified = { method: 'recompute', ok: false, rounds: 1 };
      const again = operation.recheck(
        operationInput(this.#job),
        { ...plan, chunks: chunksOf(plan), extra: {} },
        checks,
      );
      for (const phase of again) await this.#phase(phase, contextFor(phase));
    }
    const { wrong, worst } = this.#tally;
    if (wrong) throw new WrongResultError(wrong.where, worst);
    this.#verified.ok = true;
  }

  /** A check goes to workers that did not compute what it looks at, where the fleet has others. */
  #checkedByOthers(phase: PhasePlan, index: number, body: PackageBody): PackageBody {
    const computed = this.#outcomes.get('compute');
    if (body.kind !== 'verify' || !phase.checks || !computed) return body;
    const known = Object.keys(this.#tally.byWorker).length;
    const authors = new Set<string>();
    for (const at of phase.checks(index)) {
      const worker = computed.workerOf(at);
      if (worker !== undefined) authors.add(worker);
      if (authors.size >= Math.min(known, 64)) return body;
    }
    return { ...body, notBy: [...authors] };
  }

  #array(arrays: Plan['arrays'], name: string): Promise<MatrixArray> {
    let array = this.#open.get(name);
    if (!array) {
      array = this.#world.openArray(arrays[name]!);
      this.#open.set(name, array);
    }
    return array;
  }

  #report(status: Report['status'], error?: unknown): Report {
    const { jobId, op, operands, dtype } = this.#job;
    const [A, B] = [operands.A.shape, operands.B.shape];
    const { packages, retries, duplicates, bytes, byWorker } = this.#tally;
    return {
      v: PROTOCOL_VERSION,
      jobId,
      op,
      status,
      shapes: { A, B, C: operations[op].resultShape(A, B) },
      dtype,
      workers: Object.keys(byWorker).length,
      packages,
      retries,
      duplicates,
      seconds: this.#seconds,
      bytes,
      kernel: this.#tally.kernel(),
      byWorker,
      verified: this.#verified,
      ...(error === undefined ? {} : { error: describe(error) }),
    };
  }
}

function chunksOf({ arrays }: Plan) {
  return { A: arrays['A']!.chunk, B: arrays['B']!.chunk, C: arrays['C']!.chunk };
}

function describe(error: unknown): NonNullable<Report['error']> {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const packageId = error instanceof JobError && 'packageId' in error ? (error.packageId as string) : undefined;
  return { tag: name, message, ...(packageId === undefined ? {} : { packageId }) };
}
