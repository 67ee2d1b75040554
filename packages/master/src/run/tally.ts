import type { CheckOutcome, Report, Result } from '@tessera/protocol';
import type { PhasePlan } from '../plan/plan.ts';
import { Evidence } from './evidence.ts';

type Done = Extract<Result, { status: 'done' }>;

interface WorkerTally {
  packages: number;
  busySeconds: number;
  /** Time that its kernel ran in the compute phase. */
  kernelSeconds: number;
  peakBytes: number;
}

/** What the report says of workers, bytes, kernels and checks, summed as results arrive. */
export class Tally {
  packages = 0;
  retries = 0;
  duplicates = 0;
  readonly bytes = { read: 0, written: 0 };
  readonly byWorker: Record<string, WorkerTally> = {};
  readonly evidence = new Evidence();
  #worst: number | null = null;
  #wrong: CheckOutcome | undefined;
  #kernel: { name: string; detail: string; work: number; unit: 'flop' | 'byte' } | undefined;
  #computeSeconds = 0;
  #workers = 0;

  /** Counts one package's first answer. */
  count(result: Done, { phase, again }: Pick<PhasePlan, 'phase' | 'again'>): void {
    if (again) this.retries++;
    else this.packages++;
    this.evidence.add(result);
    this.bytes.read += result.bytes.read;
    this.bytes.written += result.bytes.written;
    const worker = this.#worker(result);
    if (!again) worker.packages++;
    worker.busySeconds += busySeconds(result);
    worker.peakBytes = Math.max(worker.peakBytes, result.peakBytes ?? 0);
    if (phase === 'compute' && result.kernel) {
      const kernel = (this.#kernel ??= { ...result.kernel, work: 0 });
      kernel.work += result.kernel.work;
      this.#computeSeconds += result.seconds.compute;
      worker.kernelSeconds += result.seconds.compute;
    }
    if (result.check) this.#check(result.check);
  }

  /** Counts a package that had to run again because what it had made was damaged: work, but no package more. */
  repaired(result: Done): void {
    this.retries++;
    this.bytes.read += result.bytes.read;
    this.bytes.written += result.bytes.written;
    this.#worker(result).busySeconds += busySeconds(result);
  }

  /** How many workers answered so far. */
  get workers(): number {
    return this.#workers;
  }

  /** The first check that failed, if any. */
  get wrong(): CheckOutcome | undefined {
    return this.#wrong;
  }

  get worst(): number | null {
    return this.#worst;
  }

  /** The compute phase's kernel and its rate while it ran, per worker. */
  kernel(): Report['kernel'] {
    if (!this.#kernel) return null;
    const { name, detail, work, unit } = this.#kernel;
    const rate = this.#computeSeconds > 0 ? work / this.#computeSeconds / 1e9 : 0;
    return { name, detail, rate, unit: unit === 'flop' ? 'GFLOPS' : 'GB/s' };
  }

  /** What each worker did; `wallSeconds` is how long the compute phase took. */
  workersOver(wallSeconds: number): Report['byWorker'] {
    return Object.fromEntries(
      Object.entries(this.byWorker).map(([worker, { packages, busySeconds, kernelSeconds, peakBytes }]) => [
        worker,
        {
          packages,
          busySeconds,
          ...(wallSeconds > 0 ? { kernelShare: kernelSeconds / wallSeconds } : {}),
          ...(peakBytes > 0 ? { peakBytes } : {}),
        },
      ]),
    );
  }

  #worker({ worker }: Done): WorkerTally {
    let known = this.byWorker[worker];
    if (!known) {
      known = this.byWorker[worker] = { packages: 0, busySeconds: 0, kernelSeconds: 0, peakBytes: 0 };
      this.#workers++;
    }
    return known;
  }

  #check(check: CheckOutcome): void {
    if (check.worst !== null) this.#worst = Math.max(this.#worst ?? 0, check.worst);
    if (!check.ok && !check.nonFinite) this.#wrong ??= check;
  }
}

function busySeconds({ seconds }: Done): number {
  return seconds.read + seconds.compute + seconds.write;
}
