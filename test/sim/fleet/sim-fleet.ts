import { createZarrIn, openZarrIn, within, type MatrixArray, type Store } from '@tessera/matrix';
import type { JobWorld } from '@tessera/master';
import { jobQueueName, type ArrayDeclaration } from '@tessera/protocol';
import { runWorker, type Kernel } from '@tessera/worker';
import type { Loaded } from '../kernels.ts';
import { bucketKey } from '../world/bucket-key.ts';
import type { SimObjects } from '../world/objects.ts';
import { SimProcess, type World } from '../world/process.ts';
import type { SimQueues } from '../world/queues.ts';
import { s3Client } from '../world/s3-client.ts';

/** Deaths by chance end after so many, so that a run can end. */
const MOST_DEATHS = 40;
/** And so do starts. */
const MOST_WORKERS = 60;
const GRACE_MS = 3_000;
/** A spot instance goes two minutes after its notice. */
const SPOT_NOTICE_MS = 120_000;

/** What a fleet is made of. */
export interface FleetParts {
  readonly world: World;
  readonly queues: SimQueues;
  readonly objects: SimObjects;
  readonly kernels: Loaded;
  /** Does something at the cloud, as soon as it is there. */
  atCloud(act: () => void): void;
  /** Told of what must not be. */
  fail(what: string): void;
}

/** The workers of a simulated fleet: each place has one, and another after its death. */
export class SimFleet {
  made = 0;
  readonly #parts: FleetParts;
  readonly #places: number;
  readonly #running = new Map<SimProcess, AbortController>();
  #deaths = 0;
  #closing = false;
  /** Nobody starts workers any more, until somebody looks after the fleet. */
  #abandoned = false;

  constructor(parts: FleetParts, places: number) {
    this.#parts = parts;
    this.#places = places;
  }

  start(): void {
    this.#abandoned = false;
    for (let place = 0; place < this.#places; place++) this.#startWorker(place);
    this.#scheduleSpot();
  }

  /** Ids of the workers that run. */
  get running(): string[] {
    return [...this.#running.keys()].map(({ id }) => id);
  }

  /** All workers die, and nobody starts them again. */
  abandon(why: string): void {
    this.#abandoned = true;
    for (const process of this.#running.keys()) process.crash(why);
  }

  /** Tells the workers to end. */
  stop(): void {
    this.#closing = true;
    for (const stop of this.#running.values()) stop.abort(new Error('the fleet goes down'));
  }

  #startWorker(place: number): void {
    if (this.#closing || this.#abandoned) return;
    const { world, queues, objects, kernels, fail } = this.#parts;
    const { chance, time, faults, counts } = world;
    const id = `i-${place}/${++this.made}`;
    const crashRate = this.#deaths < MOST_DEATHS ? faults.rates.workerCrash : 0;
    const process = new SimProcess(world, id, crashRate, () => {
      this.#deaths++;
      counts.add('workerCrash');
      this.#running.delete(process);
      time.after(chance.magnitude(500, 60_000), () => this.#startWorker(place));
    });
    const stop = new AbortController();
    this.#running.set(process, stop);
    const store = objects.storeFor(process);
    const life = async () => {
      const openQueue = queues.openFor(process);
      const jobs = await untilItWorks(process, () => openQueue(jobQueueName('default')));
      await runWorker({
        id,
        jobs,
        openQueue,
        access: {
          objects: within(store, 'fleet'),
          context: { s3: () => s3Client(store) },
          openArray: arraysFor(store).openArray,
          openWorkspace: async (url) => within(store, bucketKey(url)),
        },
        kernel: async (_, op) => timed(kernels[op], process, faults.slowness[place]!),
        clock: process.clock,
        random: chance.next,
        stop: stop.signal,
        log: { info: () => undefined, warn: (facts, message) => note(world, process, message, facts) },
        graceMs: GRACE_MS,
        visibilitySeconds: 60,
      });
      if (!process.alive) return;
      if (!stop.signal.aborted) fail(`worker ${id} ended without being told to`);
      process.exit();
      this.#running.delete(process);
      time.after(chance.magnitude(1_000, 60_000), () => this.#startWorker(place));
    };
    life().catch((error: unknown) => {
      if (!process.alive) return;
      fail(`worker ${id} threw ${describe(error)}`);
      process.exit();
      this.#running.delete(process);
    });
    if (faults.slowness[place]! > 1) counts.add('slowWorker');
  }

  #scheduleSpot(): void {
    const { chance, time, faults, counts } = this.#parts.world;
    if (faults.rates.spotPerMinute === 0) return;
    time.after(chance.exponential(60_000 / faults.rates.spotPerMinute), () => {
      if (this.#parts.world.calm || this.made > MOST_WORKERS) return;
      const [process, stop] = [...this.#running][chance.whole(0, this.#running.size - 1)] ?? [];
      if (process && stop && !stop.signal.aborted) {
        counts.add('spotPerMinute');
        this.#parts.world.trace?.(time.now, process.id, 'gets a spot notice');
        stop.abort(new Error('spot notice'));
        time.after(SPOT_NOTICE_MS, () => process.crash('the instance is reclaimed'));
      }
      this.#scheduleSpot();
    });
  }
}

/** How a process opens the arrays of jobs. */
export function arraysFor(store: Store): Pick<JobWorld, 'createArray' | 'openArray'> {
  return {
    createArray: ({ url, ...spec }: ArrayDeclaration): Promise<MatrixArray> =>
      createZarrIn(within(store, bucketKey(url)), url, spec),
    openArray: ({ url }) => openZarrIn(within(store, bucketKey(url)), url),
  };
}

/** What an error says, for a violation. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error);
}

/** The real kernel; its answer comes when a worker of this speed would have it. */
function timed(kernel: Kernel, process: SimProcess, slowness: number): Kernel {
  const wait = () => process.clock.sleep(slowness * process.world.chance.exponential(20));
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

function note(world: World, process: SimProcess, message: string, facts: object): void {
  world.trace?.(world.time.now, process.id, `warns: ${message} ${JSON.stringify(facts)}`);
}

/** A worker that fails at its start is started again by its command. */
async function untilItWorks<T>(process: SimProcess, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await process.clock.sleep(1_000);
    }
  }
}
