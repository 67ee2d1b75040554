import { createZarrIn, wholeRegion, within } from '@tessera/matrix';
import { jobQueueName, resultQueueName, type Report } from '@tessera/protocol';
import { SimFleet, type FleetParts } from './fleet/sim-fleet.ts';
import { JobChecks } from './job/checks.ts';
import { JobLife } from './job/job-life.ts';
import { drawJob } from './job/small-job.ts';
import { loadKernels, type Loaded } from './kernels.ts';
import { bucketKey } from './world/bucket-key.ts';
import { Chance } from './world/chance.ts';
import { drawFaults, FaultCounts, type FaultKind, type FaultPlan } from './world/faults.ts';
import { SET_UP, SimObjects, type ObjectsWatch } from './world/objects.ts';
import { SimProcess, type World } from './world/process.ts';
import { SimQueues, type QueueWatch } from './world/queues.ts';
import { VirtualTime } from './world/virtual-time.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
/** Virtual time within which every job must have ended, whatever happens to it. */
const JOB_LIMIT_MS = 6 * HOUR;
/** And within which its last messages must be gone after that. */
const DRAIN_LIMIT_MS = 2 * HOUR;
/** Events of a run that could only mean a loop without end. */
const MOST_EVENTS = 800_000;
/** How often a run has two jobs on one fleet. */
const TWO_JOBS = 0.3;

/** How one job of a run ended. */
export interface JobOutcome {
  readonly status: Report['status'] | 'none';
  readonly error: Report['error'];
  readonly packages: number;
  /** See `JobLife`. */
  readonly bits: string | undefined;
}

/** What became of one seed. */
export interface RunOutcome {
  readonly seed: number;
  readonly jobs: readonly JobOutcome[];
  /** What must not be: empty for a good run. */
  readonly violations: readonly string[];
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly virtualMs: number;
  readonly events: number;
  readonly masters: number;
  readonly workers: number;
}

export interface SimOptions {
  readonly trace?: ((at: number, who: string, what: string) => void) | undefined;
  /** The same jobs in another world: other workers, other faults, another order of things. */
  readonly world?: number | undefined;
  /** Instead of the faults that the seed has in store. */
  readonly faults?: FaultPlan | undefined;
}

/** Runs a job, or two at once, on one fleet through whatever the seed has in store for them. */
export async function simulate(seed: number, options: SimOptions = {}): Promise<RunOutcome> {
  return new Simulation(seed, await loadKernels(), options).run();
}

class Simulation {
  readonly #seed: number;
  readonly #kernels: Loaded;
  readonly #world: World;
  readonly #queues: SimQueues;
  readonly #objects: SimObjects;
  readonly #fleet: SimFleet;
  readonly #jobs: readonly JobLife[];
  readonly #violations: string[] = [];
  #cloudIsLost = false;

  constructor(seed: number, kernels: Loaded, { trace, world = seed, faults }: SimOptions) {
    this.#seed = seed;
    this.#kernels = kernels;
    const chance = new Chance(world);
    const workers = chance.whole(1, 5);
    const since = trace && ((at: number, who: string, what: string) => trace(at - START, who, what));
    this.#world = {
      time: new VirtualTime(START),
      chance,
      faults: faults ?? drawFaults(chance, workers),
      counts: new FaultCounts(),
      calm: false,
      trace: since,
      afterlife: (who, what) => this.#fail(`${who} had ended and wants to ${what}`),
    };
    const watch = this.#watch();
    this.#queues = new SimQueues(this.#world, watch);
    this.#objects = new SimObjects(this.#world, watch);
    const parts: FleetParts = {
      world: this.#world,
      queues: this.#queues,
      objects: this.#objects,
      kernels,
      atCloud: (act) => this.#atCloud(act),
      fail: (what) => this.#fail(what),
    };
    this.#fleet = new SimFleet(parts, workers);
    const draw = new Chance(~seed);
    const ids = draw.happens(TWO_JOBS) ? [`sim-${seed}`, `sim-${seed}-too`] : [`sim-${seed}`];
    this.#jobs = ids.map((id) => {
      const small = drawJob(draw, id, seed, workers);
      return new JobLife(small, new JobChecks(small, this.#world, () => this.#objects), parts);
    });
  }

  async run(): Promise<RunOutcome> {
    const { time, chance } = this.#world;
    this.#queues.create(jobQueueName('default'));
    await this.#prepare();
    this.#fleet.start();
    const [first, second] = this.#jobs;
    first!.begin();
    if (second) time.after(chance.magnitude(1, 20_000), () => this.#atCloud(() => second.begin()));
    this.#scheduleTroubles();

    const ending = await time.run(() => this.#isOver, START + JOB_LIMIT_MS, MOST_EVENTS);
    const jobMs = time.now - START;
    if (ending !== 'reached') this.#fail(`the job did not end: ${ending} after ${jobMs / 1000} s`);
    await this.#close();
    for (const job of this.#jobs) await job.judge(this.#kernels);
    return {
      seed: this.#seed,
      jobs: this.#jobs.map(({ report, bits }) => {
        return { status: report?.status ?? 'none', error: report?.error, packages: report?.packages ?? 0, bits };
      }),
      violations: [...this.#violations, ...this.#jobs.flatMap(({ checks }) => checks.violations)],
      faults: this.#world.counts.counts,
      virtualMs: jobMs,
      events: time.events,
      masters: this.#jobs.reduce((sum, { mastersMade }) => sum + mastersMade, 0),
      workers: this.#fleet.made,
    };
  }

  /** Nobody submits anything to a cloud that is not there. */
  #atCloud(act: () => void): void {
    if (this.#cloudIsLost) this.#world.time.after(60_000, () => this.#atCloud(act));
    else act();
  }

  get #isOver(): boolean {
    return !this.#cloudIsLost && this.#jobs.every(({ state }) => state === 'over');
  }

  #fail(what: string): void {
    this.#world.trace?.(this.#world.time.now, 'CHECK', what);
    if (this.#violations.length < 10) this.#violations.push(what);
  }

  /** Every job's checks hear of everything, and know what is their own. */
  #watch(): QueueWatch & ObjectsWatch {
    const checks = () => this.#jobs.map((job) => job.checks);
    return {
      sent: (...what) => checks().forEach((check) => check.sent(...what)),
      received: (...what) => checks().forEach((check) => check.received(...what)),
      deleted: (...what) => checks().forEach((check) => check.deleted(...what)),
      written: (...what) => checks().forEach((check) => check.written(...what)),
      damaged: (...what) => checks().forEach((check) => check.damaged(...what)),
    };
  }

  /** Chance is over; what is still on its way must go of itself, and nobody stay. */
  async #close(): Promise<void> {
    const { time } = this.#world;
    this.#world.calm = true;
    if (this.#fleet.running.length === 0) this.#fleet.start();
    const queue = this.#queues.find(jobQueueName('default'));
    const drained = await time.run(() => queue.depth === 0, time.now + DRAIN_LIMIT_MS, MOST_EVENTS * 2);
    if (drained !== 'reached') this.#fail(`${queue.depth} messages are left in ${queue.name}: ${drained}`);
    this.#fleet.stop();
    const stopped = await time.run(() => this.#fleet.running.length === 0, time.now + 10 * 60_000, MOST_EVENTS * 2);
    if (stopped !== 'reached') this.#fail(`${this.#fleet.running.join(', ')} did not stop: ${stopped}`);
  }

  /** The operands that are given, and what is wrong from the beginning. */
  async #prepare(): Promise<void> {
    const { chance, faults, counts } = this.#world;
    const calm: World = { ...this.#world, calm: true, faults: { ...faults, latencyMs: 0 } };
    const store = this.#objects.storeFor(new SimProcess(calm, SET_UP, 0, () => undefined));
    const making = (async () => {
      for (const { small } of this.#jobs) {
        for (const [name, { tile, chunk, text }] of Object.entries(small.given)) {
          if (text) await store.set(text.key, text.bytes);
          if (!chunk) continue;
          const shape = [tile.rows, tile.cols] as const;
          const spec = { shape, dtype: tile.dtype, chunk };
          const array = await createZarrIn(within(store, bucketKey(small.plan.arrays[name]!.url)), name, spec);
          await array.write(wholeRegion(shape), tile);
        }
      }
    })();
    let made = false;
    void making.then(() => (made = true));
    await this.#world.time.run(() => made, Infinity);
    await making;
    const job = chance.pick(this.#jobs);
    if (faults.badOperand) this.#spoilOperand(job);
    if (faults.poison) this.#poison(job);
    for (let index = 0; index < faults.strangeMessages; index++) {
      counts.add('strangeMessage');
      this.#queues.find(jobQueueName('default')).put(strangeMessage(chance));
    }
  }

  #spoilOperand({ small, checks }: JobLife): void {
    const { chance, counts } = this.#world;
    const [name] = Object.entries(small.given).find(([, { chunk }]) => chunk !== undefined) ?? [];
    if (name === undefined) return;
    const key = chance.pick(this.#objects.keys(`${bucketKey(small.plan.arrays[name]!.url)}/c/`));
    const { bytes } = this.#objects.stored.get(key)!;
    bytes[chance.whole(0, bytes.byteLength - 1)]! ^= 1;
    counts.add('badOperand');
    checks.badOperand = true;
  }

  #poison({ small: { plan } }: JobLife): void {
    const { chance } = this.#world;
    const phases = plan.phases.filter(({ phase }) => phase === 'compute' || phase === 'generate' || phase === 'ingest');
    const phase = chance.pick(phases);
    const body = phase.at(chance.whole(0, phase.packages - 1));
    const sink = 'sink' in body ? body.sink : 'c' in body ? body.c : undefined;
    if (sink?.kind !== 'array' || plan.inline) return;
    const { url, chunk } = plan.arrays[sink.array]!;
    this.#objects.poison = `${bucketKey(url)}/c/${sink.row / chunk[0]}/${sink.col / chunk[1]}`;
  }

  #scheduleTroubles(): void {
    const { time, faults, counts, chance } = this.#world;
    const [job] = this.#jobs;
    for (let index = 0; index < faults.strangeMessages; index++) {
      this.#queues.find(resultQueueName(job!.small.job.jobId)).put(strangeResult(job!.small.job.jobId, chance));
    }
    const once = (at: number | undefined, act: () => void) => {
      if (at !== undefined) time.after(at, () => this.#isOver || act());
    };
    once(faults.cancelAt, () => {
      if (job!.cancel()) counts.add('cancelled');
    });
    once(faults.fleetLostAt, () => {
      counts.add('fleetLost');
      this.#fleet.abandon('with its whole fleet');
    });
    once(faults.cloudLostAt, () => this.#loseCloud());
  }

  /** All processes die, all queues go, the store stays; after a while somebody goes on with the jobs that have not ended. */
  #loseCloud(): void {
    const { time, counts, chance } = this.#world;
    counts.add('cloudLost');
    this.#cloudIsLost = true;
    this.#fleet.abandon('with its cloud');
    const cut = this.#jobs.filter(({ state }) => state === 'running');
    for (const job of cut) job.interrupt();
    this.#queues.lose();
    time.after(chance.magnitude(1_000, HOUR), () => {
      this.#cloudIsLost = false;
      this.#queues.create(jobQueueName('default'));
      this.#fleet.start();
      for (const job of cut) job.resume();
    });
  }
}

/** A message that no worker understands. */
function strangeMessage(chance: Chance): string {
  return chance.pick(['', '{}', '{"v":2,"bundle":"9"}', '{"v":1,"kind":"multiply"}', 'null', '[1']);
}

/** A result that no master expects. */
function strangeResult(jobId: string, chance: Chance): string {
  const failed = { status: 'failed', error: { tag: 'TypeError', message: 'from another time' } };
  const facts = { v: 1, bundle: '0', jobId: chance.pick([jobId, 'sim-other']), packageId: 'compute-0', attempt: 9 };
  return chance.pick(['', '{"v":1}', JSON.stringify({ ...facts, worker: 'i-9/9', ...failed })]);
}
