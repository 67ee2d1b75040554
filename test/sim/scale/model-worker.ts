import {
  BUNDLE_VERSION,
  PROTOCOL_VERSION,
  type WorkPackage,
  type ArrayDeclaration,
  type ArrayPiece,
  type Clock,
  type OpenQueue,
  type Result,
} from '@tessera/protocol';
import { inputsOf, outputsOf } from '../../../packages/master/src/run/package-pieces.ts';
import { Lane, until } from './lane.ts';
import type { ScaleParameters } from './parameters.ts';
import type { VirtualTime } from '../world/virtual-time.ts';

/** The store that all workers share: one lane of requests per prefix and direction. */
export class ModelStore {
  gets = 0;
  puts = 0;
  readonly #lanes = new Map<string, Lane>();
  readonly #time: VirtualTime;
  readonly #parameters: ScaleParameters;

  constructor(time: VirtualTime, parameters: ScaleParameters) {
    this.#time = time;
    this.#parameters = parameters;
  }

  /** When the store has taken so many requests for an array. */
  request(array: string, direction: 'get' | 'put', requests: number): number {
    const key = `${direction} ${array}`;
    let lane = this.#lanes.get(key);
    if (!lane) this.#lanes.set(key, (lane = new Lane(this.#time)));
    const { getsPerSecond, putsPerSecond } = this.#parameters;
    if (direction === 'get') this.gets += requests;
    else this.puts += requests;
    return lane.reserve((1000 * requests) / (direction === 'get' ? getsPerSecond : putsPerSecond));
  }

  /** Milliseconds that the busiest prefix was busy. */
  get busiestMs(): number {
    return Math.max(0, ...[...this.#lanes.values()].map(({ busyMs }) => busyMs));
  }
}

/**
 * A worker as the loop of packages/worker does its packages, without the numbers: two packages under way, one kernel, one
 * network card, operands of the next step read while the kernel works on this one.
 */
export class ModelWorker {
  readonly id: string;
  readonly kernel: Lane;
  longestMs = 0;
  readonly #network: { readonly in: Lane; readonly out: Lane };
  readonly #clock: Clock;
  readonly #store: ModelStore;
  readonly #arrays: Readonly<Record<string, ArrayDeclaration>>;
  readonly #parameters: ScaleParameters;

  constructor(
    id: string,
    world: {
      time: VirtualTime;
      clock: Clock;
      store: ModelStore;
      arrays: Readonly<Record<string, ArrayDeclaration>>;
      parameters: ScaleParameters;
    },
  ) {
    this.id = id;
    this.kernel = new Lane(world.time);
    this.#network = { in: new Lane(world.time), out: new Lane(world.time) };
    this.#clock = world.clock;
    this.#store = world.store;
    this.#arrays = world.arrays;
    this.#parameters = world.parameters;
  }

  async run(openQueue: OpenQueue, jobQueue: string, stop: AbortSignal): Promise<void> {
    const jobs = await openQueue(jobQueue);
    const lane = async () => {
      while (!stop.aborted) {
        const received = await jobs
          .receive({ max: 1, waitSeconds: 20, visibilitySeconds: 43_200, signal: stop })
          .catch(() => []);
        for (const { body, receipt } of received) {
          const work = JSON.parse(body) as WorkPackage;
          const result = await this.#work(work);
          await (await openQueue(work.replyTo)).send([JSON.stringify(result)]);
          await jobs.delete([receipt]);
        }
      }
    };
    await Promise.all([lane(), lane()]);
  }

  async #work(work: WorkPackage): Promise<Result> {
    const startedAt = this.#clock.now();
    const steps = work.kind === 'multiply' ? Math.max(1, Math.ceil(work.a.cols / work.kStep)) : 1;
    const inputs = inputsOf(work);
    const kernelMs = this.#kernelMs(work);
    // Long packages are advanced in a few strides, for an event per step would say no more.
    const strides = Math.min(steps, 8);
    let read = this.#move(inputs, 1 / strides, 'get');
    for (let stride = 0; stride < strides; stride++) {
      await until(this.#clock, read);
      if (stride + 1 < strides) read = this.#move(inputs, 1 / strides, 'get');
      await until(this.#clock, this.kernel.reserve(kernelMs / strides));
    }
    await until(this.#clock, this.#move(outputsOf(work), 1, 'put'));
    const seconds = (this.#clock.now() - startedAt) / 1000;
    this.longestMs = Math.max(this.longestMs, 1000 * seconds);
    return {
      v: PROTOCOL_VERSION,
      bundle: BUNDLE_VERSION,
      jobId: work.jobId,
      packageId: work.packageId,
      attempt: work.attempt,
      worker: this.id,
      status: 'done',
      seconds: { read: Math.max(0, seconds - kernelMs / 1000), compute: kernelMs / 1000, write: 0 },
      bytes: { read: bytesOf(inputs), written: bytesOf(outputsOf(work)) },
      ...(work.kind === 'verify' ? { check: { ok: true, worst: 0, where: null, nonFinite: false } } : {}),
    };
  }

  /** When a share of some pieces is here, or there: the latest of requests, connections and the card. */
  #move(pieces: readonly ArrayPiece[], share: number, direction: 'get' | 'put'): number {
    const { storeLatencyMs, storeBytesPerConnection, requestsUnderWay, networkBytesPerSecond } = this.#parameters;
    let at = this.#clock.now();
    for (const { array, rows, cols } of pieces) {
      const { chunk } = this.#arrays[array]!;
      const chunkBytes = Math.min(chunk[0], rows) * Math.min(chunk[1], cols) * 8;
      const bytes = rows * cols * 8 * share;
      const requests = Math.max(1, bytes / chunkBytes);
      const rounds = Math.ceil(requests / requestsUnderWay);
      const connectionMs = rounds * (storeLatencyMs + (1000 * chunkBytes) / storeBytesPerConnection);
      const card = this.#network[direction === 'get' ? 'in' : 'out'].reserve((1000 * bytes) / networkBytesPerSecond);
      at = Math.max(at, card, this.#clock.now() + connectionMs, this.#store.request(array, direction, requests));
    }
    return at;
  }

  #kernelMs(work: WorkPackage): number {
    const { flopsPerSecond, elementBytesPerSecond } = this.#parameters;
    if (work.kind === 'multiply') return (2000 * work.a.rows * work.a.cols * work.b.cols) / flopsPerSecond;
    const bytes = bytesOf([...inputsOf(work), ...outputsOf(work)]);
    return (1000 * bytes) / elementBytesPerSecond;
  }
}

function bytesOf(pieces: readonly ArrayPiece[]): number {
  return pieces.reduce((sum, { rows, cols }) => sum + rows * cols * 8, 0);
}
