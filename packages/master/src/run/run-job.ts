import type { Store, Tile } from '@tessera/matrix';
import {
  jobKey,
  jobQueueName,
  Manifest,
  parseMessage,
  PROTOCOL_VERSION,
  Report,
  resultQueueName,
  type ArrayPiece,
  type Clock,
  type JobSpec,
  type MessageQueue,
  type OpenQueue,
  type PackageBody,
  type Phase,
  type ProgressEvent,
} from '@tessera/protocol';
import { masterOperations } from '../operations/index.ts';
import { operationInput, planJob } from '../plan/plan-job.ts';
import type { PhasePlan, Plan } from '../plan/plan.ts';
import { Authors } from './authors.ts';
import { certificateOf } from './certificate.ts';
import { JobCancelledError, WrongResultError } from './errors.ts';
import { inlined, storeReply } from './inline-tiles.ts';
import { JobArrays, type ArrayWorld } from './job-arrays.ts';
import { reportOf } from './job-report.ts';
import { isCheck, JobSeconds } from './job-seconds.ts';
import { matrixHashes } from './matrix-hashes.ts';
import { outputsOf } from './package-pieces.ts';
import type { EventBody } from './announcer.ts';
import { isBroken } from './damage.ts';
import { Inbox } from './inbox.ts';
import { stubbornly } from './patience.ts';
import type { PhaseOutcome, StagePhase } from './phase-track.ts';
import { Rechecks } from './rechecks.ts';
import { repairsFor } from './repairs.ts';
import { runStage, type StageContext } from './stage-run.ts';
import { stagesOf, type Stage } from './stages.ts';
import { StoredPieces } from './stored-pieces.ts';
import { STRAGGLERS, type StragglerPolicy } from './stragglers.ts';
import { Tally } from './tally.ts';

/** Packages under way for each worker of the fleet: some that it works on, and enough that it never waits for the next. */
const PACKAGES_PER_WORKER = 16;
/** At least so many, for fleets that grow while a job runs; and at most, far from the queue's limit of messages in flight. */
const WINDOW = { least: 256, most: 20_000 };

/** What a job needs of the world. */
export interface JobWorld extends ArrayWorld {
  readonly openQueue: OpenQueue;
  /** The fleet's bucket: job, manifest and report. */
  readonly objects: Store;
  readonly clock: Clock;
  /** Aborted when the job shall stop; it then ends as cancelled. */
  readonly signal: AbortSignal;
  emit(event: ProgressEvent): void;
  warn(message: string): void;
  /** The largest resident size of this process so far. */
  peakBytes?(): number;
  readonly stragglers?: StragglerPolicy;
  /** Version of Node, for the certificate. */
  readonly node?: string;
  /** How the job is cut; `planJob` where nothing else is given. A simulation cuts smaller. */
  readonly plan?: (job: JobSpec) => Plan;
}

/**
 * One job from plan to report. It ends in one of three ways, each with a report in the bucket: done and verified, failed
 * with the reason, or cancelled. A master that is started again for a job goes on where the store says that the one
 * before it was; for a job that has its report there is nothing left to do.
 *
 * Only what keeps the report itself from being read or written is thrown.
 */
export async function runJob(job: JobSpec, world: JobWorld): Promise<Report> {
  const run = new JobRun(job, world);
  const key = jobKey(job.jobId, 'report');
  const told = await stubbornly(() => world.objects.get(key), world);
  const report = told ? parseMessage(Report, 'report', new TextDecoder().decode(told)) : await run.execute();
  if (!told) {
    const bytes = new TextEncoder().encode(JSON.stringify(report));
    await stubbornly(() => world.objects.set(key, bytes), world);
  }
  run.emit({ event: 'job:ended', status: report.status });
  return report;
}

class JobRun {
  readonly #job: JobSpec;
  readonly #world: JobWorld;
  readonly #tally = new Tally();
  readonly #seconds = new JobSeconds();
  readonly #outcomes: PhaseOutcome[] = [];
  /** What was computed by whom, for checks by others. */
  #authors: Authors | undefined;
  #kernelWallSeconds = 0;
  /** Packages so far by phase: two phases of one name share their numbers. */
  readonly #numbered = new Map<Phase, number>();
  readonly #rechecks = new Rechecks();
  /** When the first check began, and when the last one ended. */
  #checked: { readonly from: number; readonly until: number } | undefined;
  #plannedBytes: number | undefined;
  #verified: Report['verified'] = { method: 'off', ok: false, rounds: 0 };

  constructor(job: JobSpec, world: JobWorld) {
    this.#job = job;
    this.#world = world;
  }

  emit(event: EventBody): void {
    this.#world.emit({ v: PROTOCOL_VERSION, jobId: this.#job.jobId, at: this.#world.clock.now(), ...event });
  }

  async execute(): Promise<Report> {
    const report = (status: Report['status'], error?: unknown) =>
      reportOf(this.#job, {
        status,
        seconds: { ...this.#seconds },
        kernelWallSeconds: this.#kernelWallSeconds,
        verified: this.#verified,
        tally: this.#tally,
        memory: this.#memory(),
        error,
      });
    try {
      await this.#run();
      return report('done');
    } catch (error) {
      if (this.#world.signal.aborted) return report('cancelled', new JobCancelledError());
      return report('failed', error);
    }
  }

  #memory(): Report['memory'] {
    if (this.#plannedBytes === undefined) return undefined;
    const masterPeakBytes = this.#world.peakBytes?.();
    return {
      budgetBytes: this.#job.fleet.memoryBytes,
      plannedBytes: this.#plannedBytes,
      ...(masterPeakBytes === undefined ? {} : { masterPeakBytes }),
    };
  }

  async #run(): Promise<void> {
    const startedAt = this.#world.clock.now();
    const plan = (this.#world.plan ?? planJob)(this.#job);
    this.#plannedBytes = plan.figures.peakWorkerBytes;
    const arrays = new JobArrays(plan.arrays, this.#world);
    try {
      await this.#runPlan(plan, arrays, startedAt);
    } finally {
      await arrays.close();
    }
  }

  async #runPlan(plan: Plan, arrays: JobArrays, startedAt: number): Promise<void> {
    const { clock, openQueue } = this.#world;
    const resumed = await this.#publish(plan, arrays);
    const [jobs, results] = await Promise.all([
      this.#patiently(() => openQueue(jobQueueName(this.#job.cluster))),
      this.#patiently(() => openQueue(resultQueueName(this.#job.jobId))),
    ]);
    this.#seconds.plan = (clock.now() - startedAt) / 1000;
    this.emit({
      event: 'job:planned',
      phases: plan.phases.map(({ phase, packages }) => ({ phase, packages })),
      summary: plan.summary,
    });
    const inbox = new Inbox(results, this.#world);
    const running = { plan, arrays, jobs, inbox, resumed };
    let certified: Promise<void> | undefined;
    try {
      for (const stage of stagesOf(plan.phases)) {
        await this.#stage(stage, running);
        if (!stage.some(({ phase }) => phase === 'verify')) continue;
        await this.#judge(running);
        certified = this.#certify(running);
        // Awaited below; until then a failure must not count as unhandled.
        certified.catch(() => undefined);
      }
      await certified;
      if (await this.#checkAgain(running)) await this.#certify(running);
    } finally {
      inbox.close();
    }
  }

  /** Makes the arrays and the manifest. @returns whether an earlier run of this job had done so. */
  async #publish(plan: Plan, arrays: JobArrays): Promise<boolean> {
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
      memoryBytes: Math.ceil(plan.figures.peakWorkerBytes),
      arrays: { ...plan.arrays },
      texts: { ...plan.texts },
    };
    const resumed = await this.#patiently(() => objects.has(key));
    await Promise.all(plan.created.map((name) => this.#patiently(() => arrays.create(name))));
    const bytes = new TextEncoder().encode(JSON.stringify(manifest));
    await this.#patiently(() => objects.set(key, bytes));
    return resumed;
  }

  async #stage(stage: Stage, run: Running): Promise<void> {
    const phases = stage.map((phase) => this.#stagePhase(phase, run));
    const outcomes = await runStage(phases, this.#contextFor(run));
    for (const [at, { phase }] of stage.entries()) this.#account(phase, outcomes[at]!);
  }

  #account(phase: Phase, outcome: PhaseOutcome): void {
    this.#outcomes.push(outcome);
    this.#seconds.add(phase, outcome);
    if (phase === 'compute') this.#kernelWallSeconds = outcome.seconds;
    if (isCheck(phase)) {
      const { startedAt, endedAt } = outcome;
      this.#checked = { from: this.#checked?.from ?? startedAt, until: Math.max(this.#checked?.until ?? 0, endedAt) };
    }
  }

  #stagePhase(phase: PhasePlan, run: Running): StagePhase {
    const firstNumber = this.#numbered.get(phase.phase) ?? 0;
    this.#numbered.set(phase.phase, firstNumber + phase.packages);
    this.#rechecks.begun(phase, firstNumber);
    const authors = phase.phase === 'compute' ? new Authors(phase.packages) : undefined;
    this.#authors ??= authors;
    const { plan, arrays } = run;
    // What travels inside a check's message is read by nobody but the master. Each piece has its own tries: all of a package
    // at once would hardly ever come where every other call fails.
    const readFor =
      (id: string) =>
      (piece: ArrayPiece, { kind }: PackageBody) =>
        kind === 'verify' ? this.#readNoting(id, piece, run) : this.#patiently(() => arrays.read(piece));
    const inlining = (id: string, body: PackageBody) =>
      plan.inline ? inlined(body, readFor(id)) : Promise.resolve(body);
    return {
      plan: phase,
      plannedMs: phase.cost && (1000 * phase.cost.seconds * this.#job.fleet.workers) / phase.packages,
      firstNumber,
      authors,
      pack: async ({ id, body, index }) => this.#checkedByOthers(phase, index, await inlining(id, body)),
    };
  }

  /** Reads a piece for a check, with the checksums of its chunks. */
  #readNoting(packageId: string, piece: ArrayPiece, { arrays }: Running): Promise<Tile> {
    const { evidence } = this.#tally;
    const note = (index: number, crc32c: number) => evidence.note(packageId, piece.array, index, crc32c);
    return this.#patiently(() => arrays.readNoting(piece, note));
  }

  #contextFor({ plan, arrays, jobs, inbox, resumed }: Running): StageContext {
    const open = (name: string) => arrays.open(name);
    const left = resumed ? new StoredPieces(open) : undefined;
    return {
      jobId: this.#job.jobId,
      jobs,
      inbox,
      clock: this.#world.clock,
      signal: this.#world.signal,
      tally: this.#tally,
      stragglers: this.#world.stragglers ?? STRAGGLERS,
      workers: this.#job.fleet.workers,
      window: Math.min(WINDOW.most, Math.max(WINDOW.least, PACKAGES_PER_WORKER * this.#job.fleet.workers)),
      emit: (event) => this.emit(event),
      warn: (message) => this.#world.warn(message),
      settle: (body, result) => storeReply(body, result, open),
      isDone: async (body) => {
        // What a check found is not in the store, so checks are always made again.
        const output = body.kind === 'verify' ? undefined : outputsOf(body)[0];
        return output !== undefined && left !== undefined && left.has(output);
      },
      repairsFor: (body) => repairsFor(body, plan.phases, (piece) => this.#patiently(() => isBroken(piece, open))),
      repaired: (repair, worker) => this.#rechecks.repaired(repair, worker),
    };
  }

  /** Reads the checks' outcomes; where they could say nothing, has the operation check in another way. */
  async #judge(run: Running, { again }: { again: boolean } = { again: false }): Promise<void> {
    const operation = masterOperations[this.#job.op];
    const rounds = this.#job.verify.rounds;
    this.#verified = { method: operation.verification, ok: false, rounds };
    const checks = this.#outcomes.flatMap((outcome) => outcome.checks);
    if (checks.some((check) => check.nonFinite) && operation.recheck) {
      this.#verified = { method: 'recompute', ok: false, rounds: 1 };
      const { plan } = run;
      const phases = operation.recheck(
        operationInput(this.#job),
        { ...plan, chunks: chunksOf(plan), extra: {} },
        checks,
      );
      for (const stage of stagesOf(phases.map((phase) => ({ ...phase, again })))) await this.#stage(stage, run);
    }
    const { wrong, worst } = this.#tally;
    if (wrong) throw new WrongResultError(wrong.where, worst);
    this.#verified.ok = true;
  }

  /**
   * Checks again what was made again after a check may have seen it.
   * @returns whether there was anything
   */
  async #checkAgain(run: Running): Promise<boolean> {
    let isAgain = false;
    for (let recheck = this.#rechecks.take(); recheck; recheck = this.#rechecks.take()) {
      const { phase, insteadOf } = recheck;
      this.#world.warn(`${insteadOf.length} checks are made again, for something that they read was made again`);
      for (const id of insteadOf) this.#tally.evidence.forget(id);
      await this.#stage([phase], run);
      await this.#judge(run, { again: true });
      isAgain = true;
    }
    return isAgain;
  }

  /** Stores what was found right, and how, beside the report. */
  async #certify(run: Running): Promise<void> {
    const { plan } = run;
    const { clock, objects, node } = this.#world;
    const { evidence } = this.#tally;
    const now = clock.now();
    const { from: startedAt, until: endedAt } = this.#checked ?? { from: now, until: now };
    const read = (piece: ArrayPiece) => this.#readNoting('certificate', piece, run);
    const hashes = await matrixHashes(this.#job, plan, evidence, read);
    const certificate = certificateOf(this.#job, evidence, {
      verified: this.#verified,
      seed: operationInput(this.#job).verify.seed,
      startedAt,
      endedAt,
      arrays: plan.arrays,
      hashes,
      node,
    });
    const bytes = new TextEncoder().encode(JSON.stringify(certificate));
    await this.#patiently(() => objects.set(jobKey(this.#job.jobId, 'certificate'), bytes));
  }

  /** A check goes to workers that did not compute what it looks at, where the fleet has others. */
  #checkedByOthers(phase: PhasePlan, index: number | undefined, body: PackageBody): PackageBody {
    if (body.kind !== 'verify' || index === undefined || !phase.checks) return body;
    const notBy = new Set<string>();
    for (const at of phase.checks(index)) {
      const worker = this.#rechecks.makerOf(`compute-${at}`) ?? this.#authors?.of(at);
      if (worker !== undefined) notBy.add(worker);
      // Of others only those that answered so far are known for sure; the fleet should have more.
      if (notBy.size >= Math.min(Math.max(this.#tally.workers, this.#job.fleet.workers), 64)) return body;
    }
    return { ...body, notBy: [...notBy] };
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return stubbornly(work, this.#world, this.#world.signal);
  }
}

/** What all stages of a job have in common. */
interface Running {
  readonly plan: Plan;
  readonly arrays: JobArrays;
  readonly jobs: MessageQueue;
  readonly inbox: Inbox;
  readonly resumed: boolean;
}

function chunksOf({ arrays }: Plan) {
  return { A: arrays['A']!.chunk, B: arrays['B']!.chunk, C: arrays['C']!.chunk };
}
