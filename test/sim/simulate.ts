import { createZarrIn, openZarrIn, wholeRegion, within, type MatrixArray, type Store } from '@tessera/matrix';
import { runJob, type JobWorld } from '@tessera/master';
import { jobKey, jobQueueName, parseMessage, Report, resultQueueName, type ArrayDeclaration } from '@tessera/protocol';
import { runWorker, type Kernel } from '@tessera/worker';
import { wrongCertificate } from './certified.ts';
import { Invariants } from './invariants.ts';
import { loadKernels, type Loaded } from './kernels.ts';
import { givenOperand, referenceC } from './reference.ts';
import { drawJob, type SmallJob } from './small-job.ts';
import { Chance } from './world/chance.ts';
import { drawFaults, FaultCounts, type FaultKind } from './world/faults.ts';
import { SET_UP, SimObjects } from './world/objects.ts';
import { SimProcess, type World } from './world/process.ts';
import { SimQueues } from './world/queues.ts';
import { VirtualTime } from './world/virtual-time.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
/** Virtual time within which every job must have ended, whatever happens to it. */
const JOB_LIMIT_MS = 6 * HOUR;
/** And within which its last messages must be gone after that. */
const DRAIN_LIMIT_MS = 2 * HOUR;
/** Events of a run that could only mean a loop without end. */
const MOST_EVENTS = 400_000;
/** Deaths by chance end after so many, so that a run can end. */
const MASTER_DEATHS = 5;
const WORKER_DEATHS = 40;
const GRACE_MS = 3_000;
/** A spot instance goes two minutes after its notice. */
const SPOT_NOTICE_MS = 120_000;

/** What became of one seed. */
export interface RunOutcome {
  readonly seed: number;
  readonly status: Report['status'] | 'none';
  readonly error: Report['error'];
  /** What must not be: empty for a good run. */
  readonly violations: readonly string[];
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly virtualMs: number;
  readonly events: number;
  readonly packages: number;
  readonly masters: number;
  readonly workers: number;
  /** The stored elements of C, chunk after chunk, of a job that was done. */
  readonly bits: string | undefined;
}

export interface SimOptions {
  readonly trace?: ((at: number, who: string, what: string) => void) | undefined;
  /** The same job in another world: other workers, other faults, another order of things. */
  readonly world?: number | undefined;
}

/** Runs one job on one fleet through whatever the seed has in store for them. */
export async function simulate(seed: number, options: SimOptions = {}): Promise<RunOutcome> {
  return new Simulation(seed, await loadKernels(), options).run();
}

class Simulation {
  readonly #seed: number;
  readonly #kernels: Loaded;
  readonly #world: World;
  readonly #small: SmallJob;
  readonly #queues: SimQueues;
  readonly #objects: SimObjects;
  readonly #checks: Invariants;
  readonly #workerCount: number;
  readonly #running = new Map<SimProcess, { stop: AbortController; place: number }>();
  readonly #cancel = new AbortController();
  #workersMade = 0;
  #mastersMade = 0;
  #masterDeaths = 0;
  #workerDeaths = 0;
  #report: Report | undefined;
  #ended = false;
  #closing = false;

  constructor(seed: number, kernels: Loaded, { trace, world = seed }: SimOptions) {
    this.#seed = seed;
    this.#kernels = kernels;
    const chance = new Chance(world);
    const workers = chance.whole(1, 5);
    this.#workerCount = workers;
    const time = new VirtualTime(START);
    const since = trace && ((at: number, who: string, what: string) => trace(at - START, who, what));
    this.#world = {
      time,
      chance,
      faults: drawFaults(chance, workers),
      counts: new FaultCounts(),
      calm: false,
      trace: since,
      afterlife: (who, what) => this.#checks.fail(`${who} had ended and wants to ${what}`),
    };
    this.#small = drawJob(new Chance(~seed), seed, workers);
    this.#checks = new Invariants(this.#small, this.#world);
    this.#queues = new SimQueues(this.#world, this.#checks);
    this.#objects = new SimObjects(this.#world, this.#checks);
    this.#checks.attach(this.#objects);
  }

  async run(): Promise<RunOutcome> {
    const { time } = this.#world;
    const { job } = this.#small;
    const jobQueue = this.#queues.create(jobQueueName('default'));
    this.#queues.create(resultQueueName(job.jobId));
    await this.#prepare();
    for (let place = 0; place < this.#workerCount; place++) this.#startWorker(place);
    this.#startMaster();
    this.#scheduleSpot();

    const ending = await time.run(() => this.#ended, START + JOB_LIMIT_MS, MOST_EVENTS);
    const jobMs = time.now - START;
    if (ending !== 'reached') this.#checks.fail(`the job did not end: ${ending} after ${jobMs / 1000} s`);
    // Chance is over; what is still on its way must go of itself.
    this.#world.calm = true;
    const drained = await time.run(() => jobQueue.depth === 0, time.now + DRAIN_LIMIT_MS, MOST_EVENTS * 2);
    if (drained !== 'reached') this.#checks.fail(`${jobQueue.depth} messages are left in ${jobQueue.name}: ${drained}`);
    this.#closing = true;
    for (const { stop } of this.#running.values()) stop.abort(new Error('the fleet goes down'));
    const stopped = await time.run(() => this.#running.size === 0, time.now + 10 * 60_000, MOST_EVENTS * 2);
    if (stopped !== 'reached') {
      this.#checks.fail(`${[...this.#running.keys()].map(({ id }) => id).join(', ')} did not stop: ${stopped}`);
    }
    await this.#judge();
    return {
      seed: this.#seed,
      status: this.#report?.status ?? 'none',
      error: this.#report?.error,
      violations: this.#checks.violations,
      faults: this.#world.counts.counts,
      virtualMs: jobMs,
      events: time.events,
      packages: this.#report?.packages ?? 0,
      masters: this.#mastersMade,
      workers: this.#workersMade,
      bits: this.#report?.status === 'done' ? this.#bits() : undefined,
    };
  }

  #bits(): string {
    const keys = this.#objects.keys('w/C.zarr/c/').sort();
    return keys.map((key) => Buffer.from(this.#objects.stored.get(key)!.written).toString('hex')).join(' ');
  }

  /** The operands that are given, and the chunks that have something wrong with them. */
  async #prepare(): Promise<void> {
    const { chance, faults, counts } = this.#world;
    const { job, plan, given } = this.#small;
    const nobody = new SimProcess(
      { ...this.#world, calm: true, faults: { ...faults, latencyMs: 0 } },
      SET_UP,
      0,
      () => undefined,
    );
    const making = (async () => {
      for (const [name, { shape, chunk, nan }] of Object.entries(given)) {
        const store = within(this.#objects.storeFor(nobody), keyOf(plan.arrays[name]!.url));
        const array = await createZarrIn(store, name, { shape, dtype: job.dtype, chunk });
        await array.write(wholeRegion(shape), givenOperand(shape, job.dtype, nan));
      }
    })();
    let made = false;
    void making.then(() => (made = true));
    await this.#world.time.run(() => made, Infinity);
    await making;
    const operand = Object.keys(given)[0];
    if (faults.badOperand && operand !== undefined) {
      const key = chance.pick(this.#objects.keys(`${keyOf(plan.arrays[operand]!.url)}/c/`));
      const { bytes } = this.#objects.stored.get(key)!;
      bytes[chance.whole(0, bytes.byteLength - 1)]! ^= 1;
      counts.add('badOperand');
      this.#checks.badOperand = true;
    }
    if (faults.poison) {
      const phase = chance.pick(plan.phases.filter(({ phase }) => phase === 'compute' || phase === 'generate'));
      const body = phase.at(chance.whole(0, phase.packages - 1));
      const sink = body.kind === 'generate' ? body.sink : 'c' in body ? body.c : undefined;
      if (sink?.kind === 'array' && !plan.inline) {
        const array = plan.arrays[sink.array]!;
        this.#objects.poison = `${keyOf(array.url)}/c/${sink.row / array.chunk[0]}/${sink.col / array.chunk[1]}`;
      }
    }
    const queue = this.#queues.find(jobQueueName('default'));
    const results = this.#queues.find(resultQueueName(job.jobId));
    for (let index = 0; index < faults.strangeMessages; index++) {
      counts.add('strangeMessage');
      queue.put(chance.pick(['', '{}', '{"v":2,"bundle":"9"}', '{"v":1,"kind":"multiply"}', 'null', '[1']));
      const failed = { status: 'failed', error: { tag: 'TypeError', message: 'from another time' } };
      const other = {
        v: 1,
        bundle: '0',
        jobId: chance.pick([job.jobId, 'sim-other']),
        packageId: 'compute-0',
        attempt: 9,
      };
      results.put(chance.pick(['', '{"v":1}', JSON.stringify({ ...other, worker: 'i-9/9', ...failed })]));
    }
    if (faults.cancelAt !== undefined) {
      this.#world.time.after(faults.cancelAt, () => {
        if (this.#ended) return;
        counts.add('cancelled');
        this.#cancel.abort(new Error('cancelled'));
      });
    }
  }

  #startMaster(): void {
    const { chance, time, faults } = this.#world;
    const { job, plan } = this.#small;
    const budget = this.#masterDeaths < MASTER_DEATHS;
    const process = new SimProcess(
      this.#world,
      `master/${++this.#mastersMade}`,
      budget ? faults.rates.masterCrash : 0,
      () => {
        this.#masterDeaths++;
        this.#world.counts.add('masterCrash');
        time.after(chance.magnitude(500, 120_000), () => this.#startMaster());
      },
    );
    this.#checks.masterStarted(process);
    const arrays = this.#arraysFor(process);
    const world: JobWorld = {
      openQueue: this.#queues.openFor(process),
      objects: within(this.#objects.storeFor(process), 'fleet'),
      ...arrays,
      clock: process.clock,
      signal: this.#cancel.signal,
      emit: (event) => this.#checks.emitted(event, process),
      warn: (message) => this.#world.trace?.(time.now, process.id, `warns: ${message}`),
      plan: () => plan,
    };
    const life = async () => {
      const report = await runJob(job, world);
      this.#checks.reported(report, process);
      await process
        .call('remove the result queue', () => this.#queues.remove(resultQueueName(job.jobId)))
        .catch(() => this.#queues.remove(resultQueueName(job.jobId)));
      process.exit();
      this.#ended = true;
    };
    life().catch((error: unknown) => {
      if (!process.alive) return;
      this.#checks.fail(`the master threw ${describe(error)}`);
      process.exit();
      this.#ended = true;
    });
  }

  #startWorker(place: number): void {
    if (this.#closing) return;
    const { chance, time, faults, counts } = this.#world;
    const id = `i-${place}/${++this.#workersMade}`;
    const budget = this.#workerDeaths < WORKER_DEATHS;
    const process = new SimProcess(this.#world, id, budget ? faults.rates.workerCrash : 0, () => {
      this.#workerDeaths++;
      counts.add('workerCrash');
      this.#running.delete(process);
      time.after(chance.magnitude(500, 60_000), () => this.#startWorker(place));
    });
    const stop = new AbortController();
    this.#running.set(process, { stop, place });
    const { openArray } = this.#arraysFor(process);
    const store = this.#objects.storeFor(process);
    const life = async () => {
      const openQueue = this.#queues.openFor(process);
      const jobs = await untilItWorks(process, () => openQueue(jobQueueName('default')));
      await runWorker({
        id,
        jobs,
        openQueue,
        access: {
          objects: within(store, 'fleet'),
          context: {},
          openArray,
          openWorkspace: async (url) => within(store, keyOf(url)),
        },
        kernel: async (_, op) => this.#timed(this.#kernels[op], process, faults.slowness[place]!),
        clock: process.clock,
        random: chance.next,
        stop: stop.signal,
        log: {
          info: (facts, message) => this.#world.trace?.(time.now, id, `says: ${message} ${JSON.stringify(facts)}`),
          warn: (facts, message) => this.#world.trace?.(time.now, id, `warns: ${message} ${JSON.stringify(facts)}`),
        },
        graceMs: GRACE_MS,
        visibilitySeconds: 60,
      });
      if (!stop.signal.aborted) this.#checks.fail(`worker ${id} ended without being told to`);
      process.exit();
      this.#running.delete(process);
      time.after(chance.magnitude(1_000, 60_000), () => this.#startWorker(place));
    };
    life().catch((error: unknown) => {
      if (!process.alive) return;
      this.#checks.fail(`worker ${id} threw ${describe(error)}`);
      process.exit();
      this.#running.delete(process);
    });
    if (faults.slowness[place]! > 1) counts.add('slowWorker');
  }

  #scheduleSpot(): void {
    const { chance, time, faults, counts } = this.#world;
    if (faults.rates.spotPerMinute === 0) return;
    time.after(chance.exponential(60_000 / faults.rates.spotPerMinute), () => {
      if (this.#ended || this.#workersMade > 60) return;
      const [process, running] = [...this.#running][chance.whole(0, this.#running.size - 1)] ?? [];
      if (process && running && !running.stop.signal.aborted) {
        counts.add('spotPerMinute');
        this.#world.trace?.(time.now, process.id, 'gets a spot notice');
        running.stop.abort(new Error('spot notice'));
        time.after(SPOT_NOTICE_MS, () => process.crash('the instance is reclaimed'));
      }
      this.#scheduleSpot();
    });
  }

  #arraysFor(process: SimProcess): Pick<JobWorld, 'createArray' | 'openArray'> {
    const store: Store = this.#objects.storeFor(process);
    return {
      createArray: ({ url, ...spec }: ArrayDeclaration): Promise<MatrixArray> =>
        createZarrIn(within(store, keyOf(url)), url, spec),
      openArray: ({ url }) => openZarrIn(within(store, keyOf(url)), url),
    };
  }

  /** The real kernel; its answer comes when a worker of this speed would have it. */
  #timed(kernel: Kernel, process: SimProcess, slowness: number): Kernel {
    const wait = () => process.clock.sleep(slowness * this.#world.chance.exponential(20));
    return {
      ...kernel,
      name: kernel.name,
      detail: kernel.detail,
      async gemm(job) {
        await kernel.gemm(job);
        await wait();
      },
      async add(job) {
        await kernel.add(job);
        await wait();
      },
    };
  }

  async #judge(): Promise<void> {
    const { job } = this.#small;
    const text = this.#objects.stored.get(`fleet/${jobKey(job.jobId, 'report')}`)?.bytes;
    if (!text) {
      this.#checks.fail('there is no report');
      return;
    }
    this.#report = parseMessage(Report, 'report', new TextDecoder().decode(text));
    const reference = await referenceC(this.#small, { ...this.#kernels.multiply, add: this.#kernels.add.add });
    if (this.#report.status === 'done' && job.verify.rounds > 0) {
      const certificate = this.#objects.stored.get(`fleet/${jobKey(job.jobId, 'certificate')}`)?.bytes;
      const wrong = await wrongCertificate(certificate, reference);
      if (wrong !== undefined) this.#checks.fail(wrong);
    }
    this.#checks.ended(this.#report, reference, this.#queues.find(jobQueueName('default')).dead);
  }
}

/** The prefix of an array in the bucket: what its URL names. */
function keyOf(url: string): string {
  return url.replace('s3://fleet/', '');
}

async function untilItWorks<T>(process: SimProcess, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await process.clock.sleep(1_000);
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error);
}
