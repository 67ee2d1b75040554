import { isDevice, measure } from './calibrate.ts';
import type { MonotonicClock } from './calibrate.ts';
import { mayHaveGpu } from './gpu-presence.ts';
import { addElementWise } from './element-wise.ts';
import { KernelFailed } from './errors.ts';
import { isSmall } from './event-loop.ts';
import { isUnavailable } from './kernel.ts';
import type { Dtype, ElementWise, Gemm, Kernel, KernelName, KernelOperation, KernelRate } from './kernel.ts';
import { thisMachine } from './machine.ts';
import { openKernel } from './open.ts';
import type { OpenKernelOptions } from './open.ts';
import { mergeRates, RateCache } from './rate-cache.ts';

export interface ChooseOptions extends OpenKernelOptions {
  readonly requested: KernelName | 'auto';
  readonly clock: MonotonicClock;
  /** Processor time that this process has used. */
  readonly processorClock: MonotonicClock;
  /** The worker's version: other code may have other rates. */
  readonly version: string;
  /** Cores of the machine, of which `threads` are the worker's. */
  readonly cores: number;
}

export interface KernelChoice {
  /**
   * The kernel for an operation. It opens what it needs when its first job arrives (an addition loads nothing), and its
   * `name` and `detail` say which kernel computed last, so read them after the job.
   */
  pick(operation: KernelOperation, dtype: Dtype): Kernel;
  /** Opens blas, where it was measured here before and found to be the fastest: its first job then finds it open. */
  prepare(): Promise<void>;
  /** What has been measured so far, here or by an earlier worker on this machine. */
  rates(): readonly KernelRate[];
  /** Resolves when no measurement is running. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Fastest first where nothing has been measured yet. */
const cpuOrder: readonly KernelName[] = ['blas', 'wasm', 'loops'];

/** Measured too for float32 where a real adapter is found, once the CPU has the first job done. */
const deviceKernels: readonly KernelName[] = ['wgsl', 'gpu'];

/**
 * Workers of one machine share its GPU, which a measurement of one of them doesn't show: 8000x8000 on an H100 and 16 cores
 * took 1.4 s with 16 workers on BLAS and 2.0 on the GPU, 1.4 and 1.2 with four. More than so many leave it alone, and spare
 * the half second and 100 MiB each that opening it takes.
 */
const MOST_SHARERS = 4;

/**
 * Chooses per operation and dtype: the requested kernel, or the one that was measured to be the fastest on this machine.
 * Where nothing has been measured, the first multiply job goes to blas, else wasm, else loops at once, and a measurement
 * of some 30 ms follows it; its rates decide from then on and are kept in `cacheDir` for the workers to come.
 * A requested kernel that can't be had is replaced by the best CPU kernel, with the reason in the log.
 */
export async function chooseKernels(options: ChooseOptions): Promise<KernelChoice> {
  const { requested, threads, version, blasPath, cacheDir, log } = options;
  const cache = cacheDir ? new RateCache(cacheDir, thisMachine(threads, version, blasPath)) : undefined;
  const opened = new OpenedKernels(options);
  let rates: readonly KernelRate[] = (await cache?.read()) ?? [];
  let measuring: Promise<void> = Promise.resolve();
  const refused = new Set<string>();
  const measured = new Set<Dtype>();

  async function best(dtype: Dtype): Promise<Kernel> {
    for (const name of candidates(requested, rates, dtype)) {
      const kernel = await opened.get(name);
      if (!kernel) continue;
      if (kernel.supports('multiply', dtype)) return kernel;
      if (!refused.has(`${name} ${dtype}`)) log(`kernel ${name} does not compute ${dtype}; another one does`);
      refused.add(`${name} ${dtype}`);
    }
    throw new KernelFailed('loops', 'no kernel could be opened');
  }

  /** Once per dtype, unless the rate of the kernel in use is known already, as it is now: a library may be another one. */
  function calibrate(dtype: Dtype, { name, detail }: Kernel): void {
    if (requested !== 'auto' || measured.has(dtype)) return;
    measured.add(dtype);
    const isKnown = (rate: KernelRate) =>
      rate.kernel === name && rate.op === 'multiply' && rate.dtype === dtype && rate.detail === detail;
    if (rates.some(isKnown)) return;
    measuring = measuring.then(() => calibrateNow(dtype));
  }

  /** Nothing may throw here: a worker without rates works all the same. */
  async function calibrateNow(dtype: Dtype): Promise<void> {
    try {
      const found = await measureAll(opened, options, dtype);
      rates = mergeRates(rates, found);
      const each = found.map(({ kernel, rate }) => `${kernel} ${rate.toFixed(1)} GFLOPS`);
      log(`kernels measured for ${dtype}: ${each.join(', ')}`);
      await cache?.add(found).catch((cause: unknown) => log(`the rates could not be kept: ${String(cause)}`));
    } catch (cause) {
      log(`kernels could not be measured: ${String(cause)}`);
    }
  }

  const multiplier = (dtype: Dtype): Kernel => {
    let current: Kernel | undefined;
    return {
      get name() {
        return current?.name ?? candidates(requested, rates, dtype)[0]!;
      },
      get detail() {
        return current?.detail ?? 'not opened yet';
      },
      supports: () => true,
      takesAnyMemory: async () => (await (await best(dtype)).takesAnyMemory?.()) ?? false,
      sumsPieces: async (job) => (await (await best(dtype)).sumsPieces?.(job)) ?? false,
      add: addElementWise,
      async gemm(job: Gemm) {
        current = await best(dtype);
        await current.gemm(job).catch((cause: unknown) => {
          if (current && isDevice(current) && cause instanceof KernelFailed) opened.giveUp(current.name, cause.message);
          throw cause;
        });
        if (!isSmall(job)) calibrate(dtype, current);
      },
      workspaceBytes: (job: Gemm | ElementWise) => current?.workspaceBytes(job) ?? 0,
      close: async () => {},
    };
  };

  /**
   * blas adds in place faster than the loop, though not enough to be opened for it: it adds where it was asked for, or is
   * open already. The loop is the same in all other kernels, and needs nothing.
   */
  const adder = (): Kernel => {
    let current = loopAdder;
    return {
      ...loopAdder,
      get name() {
        return current.name;
      },
      get detail() {
        return current.detail;
      },
      async add(job: ElementWise) {
        const blas = requested === 'blas' || (requested === 'auto' && opened.has('blas'));
        current = (blas ? await opened.get('blas') : undefined) ?? loopAdder;
        await current.add(job);
      },
    };
  };

  return {
    async prepare() {
      const known = rates.some(({ kernel, op }) => kernel === 'blas' && op === 'multiply');
      if (known && candidates(requested, rates, 'float64')[0] === 'blas') await opened.get('blas');
    },
    pick: (operation, dtype) => (operation === 'add' ? adder() : multiplier(dtype)),
    rates: () => rates,
    settled: () => measuring,
    async close() {
      await measuring;
      await opened.close();
    },
  };
}

const loopAdder: Kernel = {
  name: 'loops',
  detail: 'plain TypeScript',
  supports: (operation) => operation === 'add',
  gemm: () => Promise.reject(new KernelFailed('loops', 'this kernel was picked for additions')),
  add: addElementWise,
  workspaceBytes: () => 0,
  close: async () => {},
};

/**
 * The names to try, best first: the requested one; blas while it has no rate, since it may have been installed after the
 * others were measured; then by measured rate; then those that nobody measured.
 */
export function candidates(
  requested: KernelName | 'auto',
  rates: readonly KernelRate[],
  dtype: Dtype,
): readonly KernelName[] {
  const ranked = rates
    .filter((rate) => rate.op === 'multiply' && rate.dtype === dtype)
    .sort((one, other) => other.rate - one.rate)
    .map(({ kernel }) => kernel);
  const first: KernelName[] = requested === 'auto' ? [] : [requested];
  return [
    ...new Set<KernelName>([...first, ...(ranked.includes('blas') ? [] : ['blas' as const]), ...ranked, ...cpuOrder]),
  ];
}

/** Kernels opened once and kept until the end. */
class OpenedKernels {
  readonly #options: OpenKernelOptions;
  readonly #kernels = new Map<KernelName, Promise<Kernel | undefined>>();

  constructor(options: OpenKernelOptions) {
    this.#options = options;
  }

  has(name: KernelName): boolean {
    return this.#kernels.has(name);
  }

  /** The kernel, or undefined after its reason went to the log once. */
  get(name: KernelName): Promise<Kernel | undefined> {
    const known = this.#kernels.get(name);
    if (known) return known;
    const opening = openKernel(name, this.#options).then((kernel) => {
      if (!isUnavailable(kernel)) {
        if (kernel.software)
          this.#options.log(`kernel ${name} runs on the CPU, slower than any other: ${kernel.detail}`);
        return kernel;
      }
      this.#options.log(`kernel ${name} is not available: ${kernel.reason}`);
      return undefined;
    });
    this.#kernels.set(name, opening);
    return opening;
  }

  /** A device that failed once is not asked again: the package is retried, and then on the CPU. */
  giveUp(name: KernelName, reason: string): void {
    const failed = this.#kernels.get(name);
    this.#kernels.set(name, Promise.resolve(undefined));
    this.#options.log(`kernel ${name} is given up: ${reason}`);
    void failed?.then((kernel) => kernel?.close());
  }

  async close(): Promise<void> {
    for (const kernel of this.#kernels.values()) await (await kernel)?.close();
  }
}

/**
 * Measures every kernel that can be had and may win: loops only where there is no wasm, which is five times as fast.
 * Those opened only for this are closed again.
 */
async function measureAll(opened: OpenedKernels, options: ChooseOptions, dtype: Dtype): Promise<KernelRate[]> {
  // All workers of a fleet measure at the same time. By the wall's clock sixteen of them on two cores found wasm faster than
  // a BLAS in two of three runs. Of several threads the processor's time tells little: those of OpenBLAS wait by spinning.
  const clock = options.threads === 1 ? options.processorClock : options.clock;
  const shares = options.cores <= MOST_SHARERS * options.threads;
  const names = dtype === 'float32' && shares && mayHaveGpu() ? [...cpuOrder, ...deviceKernels] : cpuOrder;
  const kernels: Kernel[] = [];
  const borrowed: Kernel[] = [];
  for (const name of names) {
    if (name === 'loops' && kernels.some((kernel) => kernel.name === 'wasm')) continue;
    const kernel = opened.has(name) ? await opened.get(name) : await openKernel(name, options);
    if (!kernel || isUnavailable(kernel)) continue;
    if (!opened.has(name)) borrowed.push(kernel);
    if (!kernel.software) kernels.push(kernel);
  }
  try {
    const [devices, cpus] = [kernels.filter(isDevice), kernels.filter((kernel) => !isDevice(kernel))];
    return [
      ...(await measure(cpus, 'multiply', dtype, clock)),
      ...(await measure(devices, 'multiply', dtype, options.clock)),
    ];
  } finally {
    for (const kernel of borrowed) await kernel.close();
  }
}
